package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** How far a key goes past those who are full or tried, beside a list that is sorted. */
class RendezvousOrderTest {
    private static final int MOST_FULL = 10; // as by ringHash and maglev

    /** Some are out, some were tried, and from nobody to everybody is full. */
    @Property(tries = 2_000)
    void aKeyGoesWhereASortedListSays(
            @ForAll @IntRange(min = 1, max = 40) int n,
            @ForAll @IntRange(min = 1, max = 4) int differentWeights,
            @ForAll @IntRange(min = 0, max = 10) int outOfTen,
            @ForAll @IntRange(min = 0, max = 4) int triedOfTen,
            @ForAll @IntRange(min = 0, max = 12) int fullOfTen,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<FakeNode> nodes = FakeNode.many(n);
        BitSet candidates = new BitSet();
        for (FakeNode node : nodes) {
            node.weight(1 + random.nextInt(differentWeights));
            int inFlight = (int) (4 * node.weight()) + random.nextInt(5);
            node.inFlight(random.nextInt(10) < fullOfTen ? inFlight : random.nextInt(4));
            candidates.set(nodes.indexOf(node), random.nextInt(10) >= outOfTen);
        }
        candidates.set(random.nextInt(n));
        Node[] tried =
                nodes.stream().filter(node -> random.nextInt(10) < triedOfTen).toArray(Node[]::new);
        List<FakeNode> inTheRace = candidates.stream().mapToObj(nodes::get).toList();
        RendezvousPicker picker = picker(nodes, candidates);

        for (long key : random.longs(20).toArray()) {
            FakeContext context = FakeContext.withKey(key, tried);
            assertThat(picker.pick(context, key, 4)).isSameAs(sorted(inTheRace, context, key, 4));
        }
    }

    @Test
    void theEleventhIsNotTakenThoughItIsFree() {
        List<FakeNode> nodes = FakeNode.many(100);
        nodes.forEach(node -> node.inFlight(4));
        List<FakeNode> order = order(nodes, 7);
        order.get(6).inFlight(3);
        order.get(10).inFlight(0);

        assertThat(picker(nodes).pick(FakeContext.withKey(7), 7, 1)).isSameAs(order.get(6));
    }

    @Test
    void whoeverDrawsTheSameIsMetOnce() {
        List<FakeNode> nodes = FakeNode.many(10);
        List<Node> namesakes = nodes.stream()
                .<Node>map(node -> new Namesake(node, node.endpoint().withMetadata("hash_key", "the same")))
                .toList();
        assertAllAreMet(nodes, namesakes);
    }

    /** Weights that are next to nothing make all times infinite. */
    @Test
    void whoeverWaitsForeverIsMetOnce() {
        List<FakeNode> nodes = FakeNode.many(10);
        nodes.forEach(node -> node.weight((1 + nodes.indexOf(node) / 2) * Double.MIN_VALUE));
        assertAllAreMet(nodes, nodes);
    }

    private static void assertAllAreMet(List<FakeNode> state, List<? extends Node> nodes) {
        RendezvousPicker picker = picker(nodes);
        for (FakeNode free : state) {
            state.forEach(node -> node.inFlight(node == free ? 0 : 2));
            assertThat(picker.pick(FakeContext.withKey(7), 7, 1)).isSameAs(nodes.get(state.indexOf(free)));
        }
    }

    private static RendezvousPicker picker(List<? extends Node> nodes) {
        BitSet all = new BitSet();
        all.set(0, nodes.size());
        return picker(nodes, all);
    }

    private static RendezvousPicker picker(List<? extends Node> nodes, BitSet candidates) {
        List<Endpoint> endpoints = nodes.stream().map(Node::endpoint).toList();
        Elsewhere elsewhere = new Elsewhere(Elsewhere.DEFAULT_FALLBACK, 1.25);
        return new RendezvousMap(endpoints, elsewhere).newPicker(nodes, candidates, ScriptedRandom.seeded(1));
    }

    private static Node sorted(List<FakeNode> candidates, FakeContext context, long key, double slots) {
        List<FakeNode> untried = order(candidates, key).stream()
                .filter(node -> !context.hasTried(node))
                .toList();
        if (untried.isEmpty()) {
            return order(candidates, key).get(0);
        }
        List<FakeNode> first = untried.subList(0, Math.min(MOST_FULL, untried.size()));
        return first.stream()
                .filter(node -> node.inFlight() < slots * node.weight())
                .findFirst()
                .orElseGet(() -> first.stream()
                        .min(Comparator.comparingDouble(node -> node.inFlight() / node.weight()))
                        .orElseThrow());
    }

    private static List<FakeNode> order(List<FakeNode> nodes, long key) {
        return nodes.stream()
                .sorted(Comparator.comparingDouble(node -> waitingTime(node, key)))
                .toList();
    }

    private static double waitingTime(Node node, long key) {
        long draw = Mix.quickly(new HashedName(node.endpoint()).hash(0) ^ Mix.well(key));
        double even = (((draw ^ Long.MIN_VALUE) >>> 11) + 0.5) / (1L << 53);
        return -Math.log(even) / node.weight();
    }

    /** A node with another description. */
    private record Namesake(Node node, Endpoint endpoint) implements Node {
        @Override
        public int inFlight() {
            return node.inFlight();
        }

        @Override
        public double latencyNanos(long nowNanos) {
            return node.latencyNanos(nowNanos);
        }
    }
}
