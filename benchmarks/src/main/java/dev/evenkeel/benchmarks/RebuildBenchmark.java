package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One endpoint of many changes, until picks see it. Rebuilds of long lists are kept apart in time, so the clock is moved on before each
 * change: what is measured is the work, not the wait.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class RebuildBenchmark {
    @Param({"10", "1000", "10000", "100000"})
    public int n;

    private final VirtualTime time = new VirtualTime();
    private final Endpoint changing = Fleet.endpoint(0);
    private final MutableEndpointSource source = MutableEndpointSource.of();
    private double weight = 1;
    private Duration pause = Duration.ZERO;

    @SuppressWarnings("NullAway.Init") // by open()
    private LoadBalancer loadBalancer;

    @Setup
    public void open() {
        // The least that makes a rebuild due: more would let what the core does every second be measured each time.
        pause = Duration.ofNanos(2_000L * n + 1);
        source.set(Fleet.equal(n));
        loadBalancer = LoadBalancer.builder("bench.svc")
                .subsetting(Subsetting.OFF)
                .endpoints(source)
                .subsetting(Subsetting.OFF)
                .environment(time.environment(new SplittableRandom(1)))
                .build();
        time.advance(pause);
        checkThatChangesAreSeen();
    }

    private void checkThatChangesAreSeen() {
        changeWeight();
        boolean seen = loadBalancer.endpoints().stream()
                .anyMatch(status -> status.endpoint().weight() == weight);
        time.advance(pause);
        source.remove(changing.id());
        if (!seen || loadBalancer.endpoints().size() != n - 1) {
            throw new IllegalStateException("a change was not seen");
        }
        time.advance(pause);
        source.put(changing);
    }

    @TearDown
    public void close() {
        loadBalancer.close();
    }

    @Benchmark
    public Attempt changeWeight() {
        weight = 5 - weight; // 1 and 4 in turn
        time.advance(pause);
        source.put(changing.withWeight(weight));
        return pick();
    }

    /** Two changes, each counted as one. */
    @Benchmark
    @OperationsPerInvocation(2)
    public Attempt removeAndReturn() {
        time.advance(pause);
        source.remove(changing.id());
        pick();
        time.advance(pause);
        source.put(changing);
        return pick();
    }

    private Attempt pick() {
        Attempt attempt = loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        return attempt;
    }
}
