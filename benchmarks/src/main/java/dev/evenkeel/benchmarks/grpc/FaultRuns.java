package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.ToDoubleFunction;

/**
 * What callers feel when something happens to one of five real servers: each policy several times, in turns, always with new servers and
 * a new channel. Two seconds without a fault come first and are not counted. Arguments are the faults to play; all if there are none.
 */
final class FaultRuns {
    private static final int SERVERS = 5;
    private static final int ROUNDS = 5;
    private static final int WARM_UP_SECONDS = 2;
    private static final int SECONDS = 6;

    private FaultRuns() {}

    public static void main(String[] args) throws Exception {
        List<Fault> faults = args.length == 0
                ? List.of(Fault.values())
                : Arrays.stream(args).map(Fault::valueOf).toList();
        System.out.println(
                "| fault | policy | calls failed, % | most in a run | p99, ms | attempts a call | began late, ms, most |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (GrpcPolicy policy : GrpcPolicy.values()) {
            run(Fault.NONE, policy, 0); // so that the compiler's work is not the first one's
        }
        for (Fault fault : faults) {
            Map<GrpcPolicy, List<Run>> runs = new EnumMap<>(GrpcPolicy.class);
            for (int round = 0; round < ROUNDS; round++) {
                for (GrpcPolicy policy : inTurns(round)) {
                    runs.computeIfAbsent(policy, p -> new ArrayList<>()).add(run(fault, policy, round));
                }
            }
            runs.forEach((policy, all) -> System.out.printf(
                    "| %s | %s | %.2f | %.2f | %.0f | %.2f | %.0f |%n",
                    fault.words(),
                    policy,
                    median(all, Run::failedPercent),
                    most(all, Run::failedPercent),
                    median(all, Run::p99Millis),
                    median(all, Run::attempts),
                    most(all, Run::lateMillis)));
        }
        System.exit(0); // Netty's threads would stay for a while
    }

    /** Returns all policies, each round beginning with another one. */
    private static List<GrpcPolicy> inTurns(int round) {
        List<GrpcPolicy> policies = new ArrayList<>(List.of(GrpcPolicy.values()));
        Collections.rotate(policies, round);
        return policies;
    }

    private record Run(double failedPercent, double p99Millis, double attempts, double lateMillis) {}

    private static Run run(Fault fault, GrpcPolicy policy, long seed) throws Exception {
        ScheduledExecutorService answers = Executors.newScheduledThreadPool(1);
        List<BusyServer> servers = servers(answers);
        List<Endpoint> endpoints = servers.stream().map(BusyServer::endpoint).toList();
        try (OpenChannel open = OpenChannel.retrying(policy, endpoints)) {
            ManagedChannel channel = open.channel();
            new OpenLoop(channel, WARM_UP_SECONDS, seed).run();
            long before = attempts(servers);
            Thread player = new Thread(() -> play(fault, servers), "fault");
            player.start();
            OpenLoop.Outcomes outcomes = new OpenLoop(channel, SECONDS, seed + ROUNDS).run();
            player.join();
            return new Run(
                    100.0 * outcomes.failed() / outcomes.calls(),
                    outcomes.p99Millis(),
                    (attempts(servers) - before) / (double) outcomes.calls(),
                    outcomes.lateMillis());
        } finally {
            servers.forEach(BusyServer::close);
            answers.shutdownNow();
        }
    }

    private static List<BusyServer> servers(ScheduledExecutorService answers) throws IOException {
        List<BusyServer> servers = new ArrayList<>();
        for (int i = 0; i < SERVERS; i++) {
            servers.add(new BusyServer(answers));
        }
        return servers;
    }

    private static void play(Fault fault, List<BusyServer> servers) {
        try {
            fault.play(servers);
        } catch (InterruptedException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long attempts(List<BusyServer> servers) {
        return servers.stream().mapToLong(BusyServer::attempts).sum();
    }

    private static double most(List<Run> runs, ToDoubleFunction<Run> figure) {
        return runs.stream().mapToDouble(figure).max().orElseThrow();
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
        double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
