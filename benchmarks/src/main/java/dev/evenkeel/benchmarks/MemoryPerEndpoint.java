package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;

/** What an endpoint takes in the heap: its description, its live state and its place in the picker. */
final class MemoryPerEndpoint {
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private MemoryPerEndpoint() {}

    public static void main(String[] args) {
        measure(1_000); // classes are loaded
        for (MeasuredPolicy policy :
                new MeasuredPolicy[] {MeasuredPolicy.PEAK_EWMA, MeasuredPolicy.PEAK_EWMA_WEIGHTED}) {
            System.out.printf("%,d endpoints, %s: %,d B each%n", 100_000, policy, measure(100_000, policy));
        }
    }

    private static void measure(int size) {
        measure(size, MeasuredPolicy.PEAK_EWMA);
    }

    private static long measure(int size, MeasuredPolicy policy) {
        long before = used();
        LoadBalancer loadBalancer = LoadBalancer.builder("bench.svc")
                .endpoints(EndpointSource.of(policy.fleet(size)))
                .policy(policy.policy())
                .build();
        loadBalancer.awaitReady(Duration.ofSeconds(10));
        for (int i = 0; i < 10 * size; i++) {
            loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
        }
        long after = used();
        loadBalancer.close();
        return (after - before) / size;
    }

    private static long used() {
        for (int i = 0; i < 3; i++) {
            MEMORY.gc();
        }
        return MEMORY.getHeapMemoryUsage().getUsed();
    }
}
