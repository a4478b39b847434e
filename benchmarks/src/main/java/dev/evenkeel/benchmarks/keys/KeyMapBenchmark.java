package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.benchmarks.Fleet;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.KeyMap;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
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

/** What is made anew when the list changes, and what when one of it goes out or comes back. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class KeyMapBenchmark {
    @Param({"RING_HASH", "MAGLEV", "RENDEZVOUS"})
    public KeyedPolicyChoice policy = KeyedPolicyChoice.RING_HASH;

    @Param({"1000", "10000", "100000"})
    public int n;

    /** The largest weight; there are all from 1 on. */
    @Param({"1", "1000"})
    public int heaviest;

    private final RandomGenerator random = new SplittableRandom(1);
    private final BitSet candidates = new BitSet();
    private List<Endpoint> endpoints = List.of();
    private List<IdleNode> nodes = List.of();

    @SuppressWarnings("NullAway.Init") // by open()
    private KeyMap map;

    /** An endpoint in use, of which nothing is known. */
    private record IdleNode(Endpoint endpoint) implements Node {
        @Override
        public int inFlight() {
            return 0;
        }

        @Override
        public double latencyNanos(long nowNanos) {
            return 0;
        }
    }

    /** All but one are in use, as when it has just gone out. */
    @Setup
    public void open() {
        SplittableRandom weights = new SplittableRandom(n);
        endpoints = Fleet.equal(n).stream()
                .map(endpoint -> endpoint.withWeight(1 + weights.nextInt(heaviest)))
                .toList();
        nodes = endpoints.stream().map(IdleNode::new).toList();
        candidates.set(0, n);
        candidates.clear(n / 2);
        map = newMap();
    }

    @Benchmark
    public KeyMap newMap() {
        return ((KeyedPolicy) policy.policy()).newKeyMap(endpoints);
    }

    @Benchmark
    public Picker newPicker() {
        return map.newPicker(nodes, candidates, random);
    }
}
