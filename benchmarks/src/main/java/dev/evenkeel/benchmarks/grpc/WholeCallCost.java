package dev.evenkeel.benchmarks.grpc;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.Status;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a unary call over loopback costs the process that makes it, in bytes and processor time: 32 bytes there and back, 32 calls at a
 * time, three servers in another process. The channels take turns, so that what the machine does besides hits all.
 */
final class WholeCallCost {
    private static final int SERVERS = 3;
    private static final int CALLS = 40_000;
    private static final int WARM_UP_ROUNDS = 3;
    private static final int ROUNDS = 11;

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    private WholeCallCost() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        try (ServerProcess servers = new ServerProcess(SERVERS)) {
            Map<String, OpenChannel> channels = channels(servers.endpoints());
            Map<String, List<Cost>> costs = new LinkedHashMap<>();
            for (int round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
                for (Map.Entry<String, OpenChannel> each : channels.entrySet()) {
                    Cost cost = measure(each.getValue());
                    if (round >= WARM_UP_ROUNDS) {
                        costs.computeIfAbsent(each.getKey(), name -> new ArrayList<>())
                                .add(cost);
                    }
                }
            }
            System.out.println("| channel | B a call | µs of processor a call, median | least |");
            System.out.println("|---|---|---|---|");
            costs.forEach(WholeCallCost::print);
            channels.values().forEach(OpenChannel::close);
        }
    }

    private static Map<String, OpenChannel> channels(List<Endpoint> endpoints) {
        Map<String, OpenChannel> channels = new LinkedHashMap<>();
        for (GrpcPolicy policy : GrpcPolicy.values()) {
            channels.put(policy + ", no retries", OpenChannel.balancing(policy, endpoints));
        }
        channels.put(
                "EVENKEEL, no retries, interceptor",
                OpenChannel.configured(endpoints, settings -> settings.retry(RetryPolicy.NONE)));
        for (GrpcPolicy policy : GrpcPolicy.values()) {
            channels.put(policy + ", retries", OpenChannel.retrying(policy, endpoints));
        }
        channels.put("EVENKEEL, retries, resolver alone", OpenChannel.resolved(endpoints, settings -> settings));
        return channels;
    }

    private record Cost(double bytes, double micros) {}

    private static Cost measure(OpenChannel channel) throws InterruptedException {
        long bytes = allocated();
        long nanos = SYSTEM.getProcessCpuTime();
        ClosedLoop calls = new ClosedLoop(channel.channel(), CALLS);
        Status failure = calls.run();
        if (!failure.isOk()) {
            throw new IllegalStateException("a call failed: " + failure);
        }
        return new Cost((allocated() - bytes) / (double) CALLS, (SYSTEM.getProcessCpuTime() - nanos) / 1000.0 / CALLS);
    }

    private static long allocated() {
        return Arrays.stream(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
                .filter(bytes -> bytes > 0) // else the thread has just ended
                .sum();
    }

    private static void print(String name, List<Cost> costs) {
        double[] bytes = costs.stream().mapToDouble(Cost::bytes).sorted().toArray();
        double[] micros = costs.stream().mapToDouble(Cost::micros).sorted().toArray();
        System.out.printf(
                "| %s | %,.0f | %.1f | %.1f |%n", name, bytes[bytes.length / 2], micros[micros.length / 2], micros[0]);
    }
}
