package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
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
 * A pick and its feedback, with everything of the default configuration switched on.
 *
 * <p>Calls and attempts are stored where another thread could see them, as adapters do: kept local, the compiler would take them
 * apart and report no allocation at all.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class PickBenchmark {
    /** What one thread holds of the call that it is making. */
    @State(Scope.Thread)
    public static class Caller {
        @Nullable
        BalancedCall call;

        @Nullable
        Attempt attempt;
    }

    /** A load balancer that is shared by all threads. */
    @State(Scope.Benchmark)
    public static class Balancer {
        @Param({
            "PEAK_EWMA",
            "IN_FLIGHT",
            "PEAK_EWMA_WEIGHTED",
            "ROUND_ROBIN",
            "WEIGHTED_ROUND_ROBIN",
            "RANDOM",
            "WEIGHTED_RANDOM"
        })
        public MeasuredPolicy policy = MeasuredPolicy.PEAK_EWMA;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        @SuppressWarnings("NullAway.Init") // by open()
        LoadBalancer loadBalancer;

        @Setup
        public void open() {
            loadBalancer = LoadBalancer.builder("bench.svc")
                    .endpoints(EndpointSource.of(policy.fleet(n)))
                    .policy(policy.policy())
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
    public void callAlone(Balancer balancer, Caller caller) {
        caller.call = balancer.loadBalancer.newCall(RequestInfo.IDEMPOTENT);
    }

    /** One call with one attempt that succeeds. */
    @Benchmark
    public void pickAndComplete(Balancer balancer, Caller caller) {
        BalancedCall call = balancer.loadBalancer.newCall(RequestInfo.IDEMPOTENT);
        caller.call = call;
        Attempt attempt = call.nextAttempt();
        caller.attempt = attempt;
        attempt.complete(Outcome.SUCCESS);
    }
}
