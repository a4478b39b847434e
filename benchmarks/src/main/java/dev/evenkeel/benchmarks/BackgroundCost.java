package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.health.TcpHealthCheck;
import dev.evenkeel.lb.locality.Subsetting;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * What a load balancer of 10,000 endpoints with the default detectors costs beside its requests, in processor time of its threads: while there
 * are none, after ten requests to each, which the detectors then look at for ten seconds, while a part of them refuses connections, and with
 * active health checks.
 */
final class BackgroundCost {
    private static final int ENDPOINTS = 10_000;
    private static final int WARM_UP_SECONDS = 20;
    private static final int WINDOW_SECONDS = 8;
    private static final int REQUESTS_PER_SECOND = 2_000;
    private static final int PACE_MS = 10;
    private static final Outcome REFUSED = Outcome.of(Outcome.Kind.CONNECT_FAILED, "connection refused");

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
        for (Subsetting subsetting : new Subsetting[] {Subsetting.OFF, Subsetting.DEFAULT}) {
            sick(subsetting, 0);
            sick(subsetting, 1 / 3.0);
            sick(subsetting, 0.5);
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

    /** A part of the endpoints refuses connections, while requests come at a steady pace. */
    private static void sick(Subsetting subsetting, double deadShare) throws InterruptedException {
        Random random = new Random(1);
        Set<Endpoint> dead = Fleet.equal(ENDPOINTS).stream()
                .filter(endpoint -> random.nextDouble() < deadShare)
                .collect(Collectors.toSet());
        try (LoadBalancer loadBalancer = LoadBalancer.builder("bench.svc")
                .subsetting(subsetting)
                .endpoints(EndpointSource.of(Fleet.equal(ENDPOINTS)))
                .build()) {
            loadBalancer.awaitReady(Duration.ofSeconds(10));
            steady(loadBalancer, dead, 2 * WARM_UP_SECONDS);
            Map<Long, Long> before = ofOurThreads();
            double nanos = steady(loadBalancer, dead, WINDOW_SECONDS);
            System.out.printf(
                    "%,d endpoints, %.0f %% dead, %s, %,d requests a second: %.3f %% of a core beside them, %.2f µs for each%n",
                    ENDPOINTS,
                    100 * deadShare,
                    subsetting.equals(Subsetting.OFF) ? "all used" : "100 used",
                    REQUESTS_PER_SECOND,
                    shareOfCoreSince(before),
                    nanos / 1e3);
        }
    }

    /** Returns what a request took of this thread's processor time, in ns. */
    private static double steady(LoadBalancer loadBalancer, Set<Endpoint> dead, int seconds)
            throws InterruptedException {
        long spent = 0;
        int requests = 0;
        long begin = System.nanoTime();
        for (int ms = 0; ms < seconds * 1_000; ms += PACE_MS) {
            long before = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < REQUESTS_PER_SECOND * PACE_MS / 1_000; i++) {
                Attempt attempt = loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
                attempt.complete(dead.contains(attempt.endpoint()) ? REFUSED : Outcome.SUCCESS);
                requests++;
            }
            spent += THREADS.getCurrentThreadCpuTime() - before;
            long wait = begin / 1_000_000 + ms + PACE_MS - System.nanoTime() / 1_000_000;
            Thread.sleep(Math.max(0, wait));
        }
        return (double) spent / requests;
    }

    private static void request(LoadBalancer loadBalancer) {
        for (int i = 0; i < 10 * ENDPOINTS; i++) {
            loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
        }
    }

    private static double shareOfCore() throws InterruptedException {
        Map<Long, Long> before = ofOurThreads();
        Thread.sleep(Duration.ofSeconds(WINDOW_SECONDS).toMillis());
        return shareOfCoreSince(before);
    }

    /** Threads that have ended meanwhile had been idle for longer than that. */
    private static double shareOfCoreSince(Map<Long, Long> before) {
        long spent = 0;
        for (Map.Entry<Long, Long> thread : ofOurThreads().entrySet()) {
            spent += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
        }
        return spent / (WINDOW_SECONDS * 1e7);
    }

    /** Returns what the timer and the threads that may wait have taken so far, in ns, by their ids. */
    private static Map<Long, Long> ofOurThreads() {
        return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith("evenkeel-"))
                .map(ThreadInfo::getThreadId)
                .collect(Collectors.toMap(id -> id, THREADS::getThreadCpuTime));
    }
}
