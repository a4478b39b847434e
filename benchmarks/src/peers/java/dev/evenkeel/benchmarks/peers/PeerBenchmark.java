package dev.evenkeel.benchmarks.peers;

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

/** A pick by Armeria, ServiceTalk or Finagle, and what they are told of its end where they listen. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(2)
public class PeerBenchmark {
    /** A balancer that is shared by all threads. */
    @State(Scope.Benchmark)
    public static class Balancer {
        @Param
        public PeerPolicy policy = PeerPolicy.ARMERIA_ROUND_ROBIN;

        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        @SuppressWarnings("NullAway.Init") // by open()
        private Peer peer;

        @Setup
        public void open() {
            peer = policy.open(n);
        }

        @TearDown
        public void close() {
            peer.close();
        }
    }

    /** One thread's picks. */
    @State(Scope.Thread)
    public static class Picks {
        @SuppressWarnings("NullAway.Init") // by open()
        private Peer.Caller caller;

        @Setup
        public void open(Balancer balancer) {
            caller = balancer.peer.newCaller();
        }
    }

    @Benchmark
    public Object pickAndComplete(Picks picks) {
        return picks.caller.pickAndComplete();
    }
}
