package dev.evenkeel.benchmarks;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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

/** What the algorithms would cost if there were nothing but them: no call, no attempt, no health, no listener, no budget. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(3)
public class FloorBenchmark {
    /** What all threads choose from. */
    @State(Scope.Benchmark)
    public static class Nodes {
        @Param({"3", "10", "100", "1000", "10000"})
        public int n;

        private final AtomicInteger turn = new AtomicInteger();
        private BareNode[] nodes = {};

        @Setup
        public void fill() {
            nodes = Stream.generate(BareNode::new).limit(n).toArray(BareNode[]::new);
        }

        BareNode next() {
            return nodes[Integer.remainderUnsigned(turn.getAndIncrement(), nodes.length)];
        }

        BareNode any(ThreadLocalRandom random) {
            return nodes[random.nextInt(nodes.length)];
        }
    }

    /** The two readings of the clock that measuring a latency takes. */
    @Benchmark
    public long clockTwice() {
        long start = System.nanoTime();
        return System.nanoTime() - start;
    }

    @Benchmark
    public BareNode roundRobin(Nodes nodes) {
        return nodes.next();
    }

    /** Two choices by what is in flight. */
    @Benchmark
    public BareNode twoChoices(Nodes nodes) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        BareNode a = nodes.any(random);
        BareNode b = nodes.any(random);
        BareNode best = b.inFlight.get() < a.inFlight.get() ? b : a;
        best.inFlight.getAndIncrement();
        best.inFlight.getAndDecrement();
        return best;
    }

    /** Two choices by latency and queue: the floor of our default. */
    @Benchmark
    public BareNode twoChoicesWithClock(Nodes nodes) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long start = System.nanoTime();
        BareNode a = nodes.any(random);
        BareNode b = nodes.any(random);
        BareNode best = b.load() < a.load() ? b : a;
        best.inFlight.getAndIncrement();
        best.observe(System.nanoTime() - start);
        best.inFlight.getAndDecrement();
        return best;
    }
}
