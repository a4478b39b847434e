package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A pick and its feedback while many of 10,000 endpoints refuse connections, or have done so. In virtual time, so that the timers' work is measured
 * with it: requests come every 100 µs of that, which is 10,000 a second.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SickFleetBenchmark {
    private static final int ENDPOINTS = 10_000;
    private static final Outcome REFUSED = Outcome.of(Outcome.Kind.CONNECT_FAILED, "connection refused");
    private static final Duration PAUSE = Duration.ofNanos(100_000);

    /** What refuses connections. */
    public enum Fleet10k {
        HEALTHY,
        THIRD_DEAD,
        HALF_DEAD,
        /** All refused connections for 30 s, ten minutes ago. */
        AFTER_OUTAGE
    }

    @Param
    public Fleet10k fleet = Fleet10k.HEALTHY;

    /** Whether this client uses 100 of them. */
    @Param({"false", "true"})
    public boolean subset;

    private final VirtualTime time = new VirtualTime();
    private final Set<Endpoint> dead = new HashSet<>();

    @SuppressWarnings("NullAway.Init") // by open()
    private LoadBalancer loadBalancer;

    @Setup
    public void open() {
        loadBalancer = LoadBalancer.builder("bench.svc")
                .endpoints(EndpointSource.of(Fleet.equal(ENDPOINTS)))
                .subsetting(subset ? Subsetting.DEFAULT : Subsetting.OFF)
                .clientId("bench")
                .environment(time.environment(new SplittableRandom(1)))
                .build();
        switch (fleet) {
            case HEALTHY -> {}
            case THIRD_DEAD -> kill(1 / 3.0);
            case HALF_DEAD -> kill(0.5);
            case AFTER_OUTAGE -> outage();
        }
        for (int i = 0; i < 300_000; i++) { // 30 s
            pickInTime();
        }
    }

    private void kill(double share) {
        Random random = new Random(2);
        Fleet.equal(ENDPOINTS).stream()
                .filter(endpoint -> random.nextDouble() < share)
                .forEach(dead::add);
    }

    private void outage() {
        dead.addAll(Fleet.equal(ENDPOINTS));
        for (int i = 0; i < 30_000; i++) {
            pick();
            time.advance(Duration.ofMillis(1));
        }
        dead.clear();
        for (int i = 0; i < 600; i++) {
            pick();
            time.advance(Duration.ofSeconds(1));
        }
    }

    @TearDown
    public void close() {
        loadBalancer.close();
    }

    /** The pick and its feedback alone: the clock stands still. */
    @Benchmark
    public Attempt pick() {
        Attempt attempt = loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
        attempt.complete(dead.contains(attempt.endpoint()) ? REFUSED : Outcome.SUCCESS);
        return attempt;
    }

    /** The same, and all that falls due until the next request. */
    @Benchmark
    public Attempt pickInTime() {
        time.advance(PAUSE);
        return pick();
    }
}
