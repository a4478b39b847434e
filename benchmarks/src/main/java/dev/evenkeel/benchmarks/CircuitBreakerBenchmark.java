package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.locality.Subsetting;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
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
 * Resilience4j's circuit breaker, one for each endpoint: alone, and as a setting of our default. What it costs there is the difference to
 * {@code NONE}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class CircuitBreakerBenchmark {
    /** What guards each endpoint. */
    public enum Guard {
        NONE(null),
        /** A breaker with Resilience4j's default. */
        LAST_100_CALLS(CircuitBreakerConfig.ofDefaults()),
        /** A breaker with our default. */
        LAST_10_SECONDS(Breaker.DEFAULT);

        @SuppressWarnings("ImmutableEnumChecker") // is immutable
        private final @Nullable CircuitBreakerConfig config;

        Guard(@Nullable CircuitBreakerConfig config) {
            this.config = config;
        }

        CircuitBreaker alone(int index) {
            return CircuitBreaker.of("breaker " + index, Objects.requireNonNull(config, name()));
        }

        LoadBalancerBuilder addTo(LoadBalancerBuilder builder) {
            return config == null ? builder : builder.endpointBreaker(config);
        }
    }

    /** Breakers that nobody chooses by. */
    @State(Scope.Benchmark)
    public static class Breakers {
        @Param({"LAST_100_CALLS", "LAST_10_SECONDS"})
        public Guard guard = Guard.LAST_100_CALLS;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        private CircuitBreaker[] breakers = {};

        @Setup
        public void open() {
            breakers = IntStream.range(0, n).mapToObj(guard::alone).toArray(CircuitBreaker[]::new);
        }

        CircuitBreaker any() {
            return breakers[ThreadLocalRandom.current().nextInt(breakers.length)];
        }
    }

    /** A load balancer that is shared by all threads. */
    @State(Scope.Benchmark)
    public static class Balancer {
        @Param
        public Guard guard = Guard.NONE;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        @SuppressWarnings("NullAway.Init") // by open()
        private LoadBalancer loadBalancer;

        @Setup
        public void open() {
            loadBalancer = guard.addTo(LoadBalancer.builder("bench.svc")
                            .endpoints(EndpointSource.of(Fleet.equal(n)))
                            .subsetting(Subsetting.OFF))
                    .build();
            loadBalancer.awaitReady(Duration.ofSeconds(10));
        }

        @TearDown
        public void close() {
            loadBalancer.close();
        }
    }

    /** A guard alone, of an endpoint drawn at random. */
    @Benchmark
    public boolean circuitBreaker(Breakers breakers) {
        CircuitBreaker breaker = breakers.any();
        boolean permitted = breaker.tryAcquirePermission();
        long start = breaker.getCurrentTimestamp();
        breaker.onSuccess(breaker.getCurrentTimestamp() - start, breaker.getTimestampUnit());
        return permitted;
    }

    /** One call of our default with one attempt that succeeds. */
    @Benchmark
    public Attempt pickAndComplete(Balancer balancer) {
        Attempt attempt = balancer.loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        return attempt;
    }
}
