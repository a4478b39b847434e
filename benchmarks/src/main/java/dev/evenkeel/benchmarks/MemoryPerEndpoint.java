package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;

/** What an endpoint takes in the heap: its description, its live state and its place in the picker. */
final class MemoryPerEndpoint {
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private MemoryPerEndpoint() {}

    public static void main(String[] args) {
        measure(1_000); // loads the classes
        System.out.printf("%,d endpoints: %,d B each%n", 100_000, measure(100_000));
    }

    private static long measure(int size) {
        long before = used();
        try (LoadBalancer loadBalancer = LoadBalancer.builder("bench.svc")
                .subsetting(Subsetting.OFF)
                .endpoints(EndpointSource.of(Fleet.equal(size)))
                .subsetting(Subsetting.OFF)
                .build()) {
            loadBalancer.awaitReady(Duration.ofSeconds(10));
            for (int i = 0; i < 10 * size; i++) {
                loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
            }
            return (used() - before) / size;
        }
    }

    private static long used() {
        for (int i = 0; i < 3; i++) {
            MEMORY.gc();
        }
        return MEMORY.getHeapMemoryUsage().getUsed();
    }
}
