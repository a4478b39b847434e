package dev.evenkeel.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What a load balancer of 10,000 endpoints with the default detectors costs beside its requests, in processor time of the process: while there
 * are none, and after ten requests to each, which the detectors then look at for ten seconds.
 */
final class BackgroundCost {
    private static final int ENDPOINTS = 10_000;
    private static final int WARM_UP_SECONDS = 20;
    private static final int WINDOW_SECONDS = 8;

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private BackgroundCost() {}

    public static void main(String[] args) throws InterruptedException {
        System.out.printf("process without a load balancer: %.3f %% of a core%n", shareOfCore());
        try (LoadBalancer loadBalancer = LoadBalancer.builder("bench.svc")
                .endpoints(EndpointSource.of(Fleet.equal(ENDPOINTS)))
                .build()) {
            loadBalancer.awaitReady(Duration.ofSeconds(10));
            request(loadBalancer);
            Thread.sleep(Duration.ofSeconds(WARM_UP_SECONDS).toMillis());
            System.out.printf("%,d idle endpoints: %.3f %%%n", ENDPOINTS, shareOfCore());
            request(loadBalancer);
            System.out.printf("%,d endpoints with answers to look at: %.3f %%%n", ENDPOINTS, shareOfCore());
        }
    }

    private static void request(LoadBalancer loadBalancer) {
        for (int i = 0; i < 10 * ENDPOINTS; i++) {
            loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
        }
    }

    private static double shareOfCore() throws InterruptedException {
        long before = SYSTEM.getProcessCpuTime();
        Thread.sleep(Duration.ofSeconds(WINDOW_SECONDS).toMillis());
        return (SYSTEM.getProcessCpuTime() - before) / (WINDOW_SECONDS * 1e7);
    }
}
