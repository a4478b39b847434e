package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.retry.Hedging;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
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
 * A pick and its feedback, with everything of the default configuration switched on.
 *
 * <p>Attempts are handed to JMH, which makes them escape as they do in adapters: kept local, the compiler would take them apart and
 * report no allocation at all. (Storing them in a field would cost a fence of the garbage collector's, once the field's owner is old.)
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class PickBenchmark {
    /** What may be switched on. */
    public enum Extras {
        DEFAULT(UnaryOperator.identity()),
        HEDGING(settings -> settings.hedging(Hedging.DEFAULT).attemptTimeout(Duration.ofSeconds(1)));

        @SuppressWarnings("ImmutableEnumChecker") // holds no state
        private final UnaryOperator<LoadBalancerBuilder> settings;

        Extras(UnaryOperator<LoadBalancerBuilder> settings) {
            this.settings = settings;
        }

        LoadBalancerBuilder addTo(LoadBalancerBuilder builder) {
            return settings.apply(builder);
        }
    }

    /** A load balancer that is shared by all threads. */
    @State(Scope.Benchmark)
    public static class Balancer {
        @Param
        public MeasuredPolicy policy = MeasuredPolicy.PEAK_EWMA;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        /** What is switched on beyond the default. */
        @Param({"DEFAULT", "HEDGING"})
        public Extras extras = Extras.DEFAULT;

        @SuppressWarnings("NullAway.Init") // by open()
        LoadBalancer loadBalancer;

        @Setup
        public void open() {
            loadBalancer = extras.addTo(LoadBalancer.builder("bench.svc")
                            .endpoints(EndpointSource.of(policy.fleet(n)))
                            .subsetting(Subsetting.OFF)
                            .policy(policy.policy()))
                    .build();
            loadBalancer.awaitReady(Duration.ofSeconds(10));
        }

        @TearDown
        public void close() {
            loadBalancer.close();
        }
    }

    /** A call without any attempt, to be taken off the other figure by those who make several attempts a call. */
    @Benchmark
    public BalancedCall callAlone(Balancer balancer) {
        return balancer.loadBalancer.newCall(RequestInfo.IDEMPOTENT);
    }

    /** One call with one attempt that succeeds. */
    @Benchmark
    public Attempt pickAndComplete(Balancer balancer) {
        Attempt attempt = balancer.loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        return attempt;
    }
}
