package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.benchmarks.Fleet;
import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import java.time.Duration;
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
 * A pick by key and its feedback, with everything of the default configuration switched on. What the policy adds is the difference
 * to {@code RANDOM}, which looks at nothing.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
public class KeyBenchmark {
    /** A load balancer that is shared by all threads. */
    @State(Scope.Benchmark)
    public static class Balancer {
        @Param
        public KeyedPolicyChoice policy = KeyedPolicyChoice.RANDOM;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        @SuppressWarnings("NullAway.Init") // by open()
        LoadBalancer loadBalancer;

        @Setup
        public void open() {
            loadBalancer = LoadBalancer.builder("bench.svc")
                    .endpoints(EndpointSource.of(Fleet.equal(n)))
                    .subsetting(Subsetting.OFF)
                    .policy(policy.policy())
                    .build();
            loadBalancer.awaitReady(Duration.ofSeconds(10));
        }

        @TearDown
        public void close() {
            loadBalancer.close();
        }
    }

    /** The requests of one thread, more of them than a branch predictor remembers. */
    @State(Scope.Thread)
    public static class Requests {
        private final RequestInfo[] requests = new RequestInfo[1 << 12];
        private int next;

        @Setup
        public void fill() {
            SplittableRandom random =
                    new SplittableRandom(Thread.currentThread().getId());
            for (int i = 0; i < requests.length; i++) {
                requests[i] = RequestInfo.IDEMPOTENT.withDestination(
                        Destination.ANY.withKey(new RequestKey(random.nextLong())));
            }
        }

        RequestInfo next() {
            return requests[next++ & (requests.length - 1)];
        }
    }

    @Benchmark
    public Attempt pickAndComplete(Balancer balancer, Requests requests) {
        Attempt attempt = balancer.loadBalancer.newCall(requests.next()).nextAttempt();
        attempt.complete(Outcome.SUCCESS);
        return attempt;
    }
}
