package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.benchmarks.Fleet;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a channel's context is busy with when 10,000 endpoints are told to it, when all of them become connected one by one, and when one
 * of them leaves or comes back: processor time of the one thread that does it, so the network is not in it.
 */
final class ChannelAtScale {
    private static final int ENDPOINTS = 10_000;
    private static final int WARM_UP = 2;
    private static final int ROUNDS = 7;
    private static final int CHANGES = 40;

    private static final List<Endpoint> ALL = Fleet.equal(ENDPOINTS);
    private static final List<Endpoint> ONE_LESS = ALL.subList(1, ENDPOINTS);

    private ChannelAtScale() {}

    public static void main(String[] args) {
        Map<GrpcPolicy, List<Times>> measured = new EnumMap<>(GrpcPolicy.class);
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            for (GrpcPolicy policy : GrpcPolicy.values()) {
                Times times = measure(policy);
                if (round >= WARM_UP) {
                    measured.computeIfAbsent(policy, p -> new ArrayList<>()).add(times);
                }
            }
        }
        System.out.println("| policy | told, ms | all connected, ms | pickers published | the load balancer's threads"
                + " meanwhile, ms | one left or came back, ms |");
        System.out.println("|---|---|---|---|---|---|");
        measured.forEach((policy, times) -> System.out.printf(
                "| %s | %.1f | %.1f | %,.0f | %.1f | %.2f |%n",
                policy,
                median(times, Times::toldMillis),
                median(times, Times::connectedMillis),
                median(times, Times::publishes),
                median(times, Times::coreMillis),
                median(times, Times::changeMillis)));
    }

    private record Times(
            double toldMillis, double connectedMillis, double publishes, double coreMillis, double changeMillis) {}

    private static Times measure(GrpcPolicy policy) {
        try (ListedFleet fleet = ListedFleet.of(policy)) {
            long told = fleet.take(ALL);
            long coreBefore = Cpu.ofOurThreads();
            long before = Cpu.ofThisThread();
            fleet.connectAll();
            long connected = Cpu.ofThisThread() - before;
            long core = Cpu.ofOurThreads() - coreBefore;
            int publishes = fleet.channel().publishes();
            double[] changes = new double[CHANGES];
            for (int i = 0; i < CHANGES; i++) {
                changes[i] = fleet.take(i % 2 == 0 ? ONE_LESS : ALL);
                fleet.connectAll();
            }
            return new Times(told / 1e6, connected / 1e6, publishes, core / 1e6, median(changes) / 1e6);
        }
    }

    private static double median(List<Times> times, ToDoubleFunction<Times> figure) {
        return median(times.stream().mapToDouble(figure).toArray());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
