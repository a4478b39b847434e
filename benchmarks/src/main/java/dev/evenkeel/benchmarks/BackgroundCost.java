package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.health.TcpHealthCheck;
import dev.evenkeel.lb.locality.Subsetting;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/**
 * What a load balancer of 10,000 endpoints with the default detectors costs beside its requests, in processor time of its threads: while there
 * are none, after ten requests to each, which the detectors then look at for ten seconds, and with active health checks.
 */
final class BackgroundCost {
    private static final int ENDPOINTS = 10_000;
    private static final int WARM_UP_SECONDS = 20;
    private static final int WINDOW_SECONDS = 8;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private BackgroundCost() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        try (LoadBalancer loadBalancer = LoadBalancer.builder("bench.svc")
                .subsetting(Subsetting.OFF)
                .endpoints(EndpointSource.of(Fleet.equal(ENDPOINTS)))
                .subsetting(Subsetting.OFF)
                .build()) {
            loadBalancer.awaitReady(Duration.ofSeconds(10));
            request(loadBalancer);
            Thread.sleep(Duration.ofSeconds(WARM_UP_SECONDS).toMillis());
            System.out.printf("%,d idle endpoints: %.3f %% of a core%n", ENDPOINTS, shareOfCore());
            request(loadBalancer);
            System.out.printf("%,d endpoints with answers to look at: %.3f %%%n", ENDPOINTS, shareOfCore());
        }
        check("a check that costs nothing", target -> CompletableFuture.completedFuture(CheckResult.PASSED));
        check("a check by TCP", new TcpHealthCheck());
    }

    /** Checks every endpoint every 10 s. */
    private static void check(String what, HealthCheck check) throws IOException, InterruptedException {
        try (LoopbackServer server = new LoopbackServer();
                LoadBalancer loadBalancer = LoadBalancer.builder("bench.svc")
                        .subsetting(Subsetting.OFF)
                        .endpoints(EndpointSource.of(Clients.endpoints(ENDPOINTS, server.port())))
                        .subsetting(Subsetting.OFF)
                        .healthCheck(check)
                        .build()) {
            loadBalancer.awaitReady(Duration.ofSeconds(10));
            Thread.sleep(Duration.ofSeconds(WARM_UP_SECONDS).toMillis());
            System.out.printf("%,d endpoints, %s: %.3f %%%n", ENDPOINTS, what, shareOfCore());
        }
    }

    private static void request(LoadBalancer loadBalancer) {
        for (int i = 0; i < 10 * ENDPOINTS; i++) {
            loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
        }
    }

    private static double shareOfCore() throws InterruptedException {
        long before = ofOurThreads();
        Thread.sleep(Duration.ofSeconds(WINDOW_SECONDS).toMillis());
        return (ofOurThreads() - before) / (WINDOW_SECONDS * 1e7);
    }

    /** The timer and the threads that may wait. They outlive the window, or what an ended one took would be missing. */
    private static long ofOurThreads() {
        return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith("evenkeel-"))
                .mapToLong(thread -> THREADS.getThreadCpuTime(thread.getThreadId()))
                .sum();
    }
}
