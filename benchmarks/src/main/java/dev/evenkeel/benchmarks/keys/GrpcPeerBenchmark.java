package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.benchmarks.Fleet;
import dev.evenkeel.benchmarks.grpc.FakeStream;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer;
import java.util.List;
import java.util.Map;
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

/** A pick by grpc-java's policies, and what they are told of its end where they listen. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
public class GrpcPeerBenchmark {
    /** A policy of grpc-java with its settings. */
    public enum Policy {
        RING_HASH("ring_hash_experimental", Map.of("minRingSize", 1024.0, "maxRingSize", 4096.0)),
        ROUND_ROBIN("round_robin", Map.of()),
        LEAST_REQUEST("least_request_experimental", Map.of()),
        OUTLIER_DETECTION(
                "outlier_detection_experimental",
                Map.of(
                        "failurePercentageEjection",
                        Map.of(),
                        "successRateEjection",
                        Map.of(),
                        "childPolicy",
                        List.of(Map.of("round_robin", Map.of()))));

        private final String name;

        @SuppressWarnings("ImmutableEnumChecker") // is immutable
        private final Map<String, ?> config;

        Policy(String name, Map<String, ?> config) {
            this.name = name;
            this.config = config;
        }

        GrpcPeer open(List<Endpoint> endpoints) {
            return GrpcPeer.open(name, config, endpoints);
        }
    }

    /** A balancer that is shared by all threads. */
    @State(Scope.Benchmark)
    public static class Balancer {
        @Param
        public Policy policy = Policy.RING_HASH;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        @SuppressWarnings("NullAway.Init") // by open()
        private GrpcPeer peer;

        @SuppressWarnings("NullAway.Init") // by open()
        LoadBalancer.SubchannelPicker picker;

        @Setup
        public void open() {
            List<Endpoint> endpoints = Fleet.equal(n);
            peer = policy.open(endpoints);
            peer.connectAll(endpoints);
            picker = peer.picker();
        }

        @TearDown
        public void close() {
            peer.close();
        }
    }

    /** The requests of one thread, more of them than a branch predictor remembers. */
    @State(Scope.Thread)
    public static class Requests {
        private final FakeStream[] requests = new FakeStream[1 << 12];
        private final FakeStream ended = new FakeStream(CallOptions.DEFAULT);
        private int next;

        @Setup
        public void fill() {
            SplittableRandom random =
                    new SplittableRandom(Thread.currentThread().getId());
            for (int i = 0; i < requests.length; i++) {
                requests[i] = GrpcPeer.request(random.nextLong());
            }
        }

        FakeStream next() {
            return requests[next++ & (requests.length - 1)];
        }
    }

    @Benchmark
    public LoadBalancer.PickResult pickAndComplete(Balancer balancer, Requests requests) {
        LoadBalancer.PickResult result = balancer.picker.pickSubchannel(requests.next());
        requests.ended.succeed(result);
        return result;
    }
}
