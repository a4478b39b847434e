package dev.evenkeel.benchmarks;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import org.openjdk.jmh.annotations.Warmup;

/** Resilience4j's circuit breaker, one for each endpoint, with an endpoint drawn at random: a guard alone, which balances nothing. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class CircuitBreakerBenchmark {

    @Param({"3", "10", "100", "1000", "10000"})
    public int n;

    private CircuitBreaker[] breakers = {};

    @Setup
    public void open() {
        breakers = IntStream.range(0, n)
                .mapToObj(i -> CircuitBreaker.ofDefaults("breaker " + i))
                .toArray(CircuitBreaker[]::new);
    }

    @Benchmark
    public boolean circuitBreaker() {
        CircuitBreaker breaker = breakers[ThreadLocalRandom.current().nextInt(breakers.length)];
        boolean permitted = breaker.tryAcquirePermission();
        long start = breaker.getCurrentTimestamp();
        breaker.onSuccess(breaker.getCurrentTimestamp() - start, breaker.getTimestampUnit());
        return permitted;
    }
}
