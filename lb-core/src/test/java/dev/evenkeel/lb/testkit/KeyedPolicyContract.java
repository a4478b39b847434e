package dev.evenkeel.lb.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.KeyMap;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every policy by key promises, on top of what every policy does: the inherited tests make requests without a key, for which the
 * policy's fallback must be as good as any policy.
 */
public interface KeyedPolicyContract extends PolicyContract {
    @Override
    KeyedPolicy policy();

    /** Returns how far the share of an endpoint with a tenth of the weight may be from that, as a part of it. */
    double unevenness();

    /** The core makes many pickers from one map. */
    @Test
    @Override
    default void pickersMadeTogetherStartAtDifferentNodes() {
        List<FakeNode> nodes = FakeNode.many(10);
        KeyMap map = policy().newKeyMap(endpoints(nodes));
        ScriptedRandom random = ScriptedRandom.seeded(7);
        Tally first = new Tally();
        for (int i = 0; i < 5_000; i++) {
            first.add(map.newPicker(nodes, all(10), random)
                    .pick(FakeContext.FIRST_TRY, 0)
                    .endpoint());
        }

        assertThat(first.surprise(nodes)).as(first::toString).isLessThan(NO_ACCIDENT);
    }

    @Test
    default void theSameKeyGetsTheSameNodeWhateverTheRandomness() {
        List<FakeNode> nodes = FakeNode.weighted(1, 2, 3, 4, 5);
        Picker one = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        Picker other = policy().newPicker(nodes, ScriptedRandom.seeded(2));

        for (long key : keys(1_000)) {
            Node node = one.pick(FakeContext.withKey(key), 0);
            assertThat(one.pick(FakeContext.withKey(key), 1)).isSameAs(node);
            assertThat(other.pick(FakeContext.withKey(key), 2)).isSameAs(node);
        }
    }

    @Test
    default void theOrderOfTheListDoesNotMatterBetweenEquals() {
        List<FakeNode> nodes = FakeNode.many(20);
        List<FakeNode> shuffled = new ArrayList<>(nodes);
        Collections.shuffle(shuffled, new Random(3));
        Picker one = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        Picker other = policy().newPicker(shuffled, ScriptedRandom.seeded(1));

        for (long key : keys(1_000)) {
            assertThat(other.pick(FakeContext.withKey(key), 0)).isSameAs(one.pick(FakeContext.withKey(key), 0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 2 3 4", "1 1 1 1 1 1 1 1 1 1", "0.5 0.5 1 0.75 2.25"})
    default void keysFollowTheWeights(String weights) {
        List<FakeNode> nodes = FakeNode.weighted(List.of(weights.split(" ")).stream()
                .mapToDouble(Double::parseDouble)
                .toArray());
        double total = nodes.stream().mapToDouble(Node::weight).sum();

        Map<Node, Integer> picks = picks(policy().newPicker(nodes, ScriptedRandom.seeded(1)), keys(200_000));

        for (FakeNode node : nodes) {
            assertThat(picks.getOrDefault(node, 0) / 200_000.0 / (node.weight() / total))
                    .as("times the fair share of " + node)
                    .isBetween(1 - unevenness(), 1 + unevenness());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 1_000})
    default void onlyTheKeysOfWhoIsOutMoveAndTheyComeBack(int n) {
        List<FakeNode> nodes = FakeNode.many(n);
        KeyMap map = policy().newKeyMap(endpoints(nodes));
        int out = n / 2;
        Picker before = map.newPicker(nodes, all(n), ScriptedRandom.seeded(1));
        Picker meanwhile = map.newPicker(nodes, without(n, out), ScriptedRandom.seeded(2));
        Picker after = map.newPicker(nodes, all(n), ScriptedRandom.seeded(3));

        for (long key : keys(20_000)) {
            Node node = before.pick(FakeContext.withKey(key), 0);
            Node then = meanwhile.pick(FakeContext.withKey(key), 0);
            if (node == nodes.get(out)) {
                assertThat(then).isNotSameAs(node);
            } else {
                assertThat(then).isSameAs(node);
            }
            assertThat(after.pick(FakeContext.withKey(key), 0)).isSameAs(node);
        }
    }

    @Test
    default void theKeysOfWhoIsOutSpreadOverAllOthers() {
        List<FakeNode> nodes = FakeNode.many(10);
        KeyMap map = policy().newKeyMap(endpoints(nodes));
        Picker before = map.newPicker(nodes, all(10), ScriptedRandom.seeded(1));
        Picker meanwhile = map.newPicker(nodes, without(10, 4), ScriptedRandom.seeded(1));
        long[] moved = keys(200_000);
        moved = Arrays.stream(moved)
                .filter(key -> before.pick(FakeContext.withKey(key), 0) == nodes.get(4))
                .toArray();

        Map<Node, Integer> picks = picks(meanwhile, moved);

        assertThat(picks).hasSize(9);
        for (int count : picks.values()) {
            // A tenth as many things are spread as in all, so chance plays a larger part.
            assertThat(9.0 * count / moved.length).isBetween(1 - 3 * unevenness(), 1 + 3 * unevenness());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 1_000})
    default void aTriedNodeIsPassedAsIfItWereOut(int n) {
        List<FakeNode> nodes = FakeNode.many(n);
        KeyMap map = policy().newKeyMap(endpoints(nodes));
        Picker picker = map.newPicker(nodes, all(n), ScriptedRandom.seeded(1));

        for (long key : keys(200)) {
            Node first = picker.pick(FakeContext.withKey(key), 0);
            Picker withoutFirst = map.newPicker(nodes, without(n, nodes.indexOf(first)), ScriptedRandom.seeded(2));
            Node second = picker.pick(FakeContext.withKey(key, first), 0);

            assertThat(second).isNotSameAs(first).isSameAs(withoutFirst.pick(FakeContext.withKey(key), 0));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 1_000})
    default void anEndpointThatAskedForAPauseIsPassedAsIfItWereOut(int n) {
        List<FakeNode> nodes = FakeNode.many(n);
        KeyMap map = policy().newKeyMap(endpoints(nodes));
        int asking = n / 2;
        Picker without = map.newPicker(nodes, without(n, asking), ScriptedRandom.seeded(1));
        nodes.get(asking).pushedBack(true);
        Picker picker = map.newPicker(nodes, all(n), ScriptedRandom.seeded(2));

        for (long key : keys(5_000)) {
            Node node = picker.pick(FakeContext.withKey(key), 0);
            assertThat(node).isNotSameAs(nodes.get(asking)).isSameAs(without.pick(FakeContext.withKey(key), 0));
            assertThat(picker.pick(FakeContext.withKey(key, node), 0))
                    .isSameAs(without.pick(FakeContext.withKey(key, node), 0));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 1_000})
    default void whereAllAskedForAPauseKeysStayWhereTheyAre(int n) {
        List<FakeNode> nodes = FakeNode.many(n);
        KeyMap map = policy().newKeyMap(endpoints(nodes));
        Picker before = map.newPicker(nodes, all(n), ScriptedRandom.seeded(1));
        nodes.forEach(node -> node.pushedBack(true));
        Picker meanwhile = map.newPicker(nodes, all(n), ScriptedRandom.seeded(2));

        for (long key : keys(1_000)) {
            assertThat(meanwhile.pick(FakeContext.withKey(key), 0)).isSameAs(before.pick(FakeContext.withKey(key), 0));
        }
    }

    /** The last one left that did not ask has all keys, however many stand before it. */
    @Test
    default void keysFindTheOneThatDidNotAskForAPause() {
        List<FakeNode> nodes = FakeNode.many(1_000);
        nodes.forEach(node -> node.pushedBack(true));
        nodes.get(617).pushedBack(false);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));

        assertThat(picks(picker, keys(1_000)).keySet()).containsExactly(nodes.get(617));
    }

    @Test
    default void whoHasTriedEverybodyGetsSomebody() {
        List<FakeNode> nodes = FakeNode.many(3);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));

        for (long key : keys(100)) {
            assertThat(picker.pick(FakeContext.withKey(key, nodes.toArray(Node[]::new)), 0))
                    .isIn(nodes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 100})
    default void fewLeftOfManyAreFoundAndShareTheKeys(int left) {
        List<FakeNode> nodes = FakeNode.many(1_000);
        BitSet candidates = new BitSet();
        for (int i = 0; i < left; i++) {
            candidates.set(i * 10 + 3);
        }
        KeyMap map = policy().newKeyMap(endpoints(nodes));

        Map<Node, Integer> picks = picks(map.newPicker(nodes, candidates, ScriptedRandom.seeded(1)), keys(20_000));

        assertThat(picks).hasSize(left);
        picks.keySet()
                .forEach(node -> assertThat(candidates.get(nodes.indexOf(node))).isTrue());
    }

    /** Whoever sets out with counters for keys may do so. */
    @Test
    default void smallNumbersAreKeysToo() {
        List<FakeNode> nodes = FakeNode.many(10);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));

        for (long key : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThat(picker.pick(FakeContext.withKey(key), 0)).isIn(nodes);
        }
    }

    /** More nodes than are looked at in each pick, and time enough for what is renewed now and then. */
    @Test
    default void manyThreadsSendAKeyToTheSameNode() throws Exception {
        List<FakeNode> nodes = FakeNode.many(50);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(1));
        long[] keys = keys(20_000);
        Callable<List<Node>> work = () -> {
            List<Node> picked = new ArrayList<>();
            for (int i = 0; i < keys.length; i++) {
                picked.add(picker.pick(FakeContext.withKey(keys[i]), i * 1_000L));
            }
            return picked;
        };
        List<Node> alone = work.call();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (Future<List<Node>> picked : threads.invokeAll(Collections.nCopies(4, work))) {
                assertThat(picked.get()).isEqualTo(alone);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Work that grew with the square of the list would take minutes. */
    @Test
    @Timeout(60)
    @Override
    default void takesAHundredThousandCandidates() {
        List<FakeNode> equal = FakeNode.many(100_000);
        List<FakeNode> weighted = FakeNode.many(100_000);
        IntStream.range(0, weighted.size()).forEach(i -> weighted.get(i).weight(1 + i % 1_000));

        for (List<FakeNode> nodes : List.of(equal, weighted)) {
            Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(13));
            Map<Node, Integer> homes = picks(picker, keys(200));

            assertThat(homes)
                    .as("chance alone brings two together once in five times")
                    .hasSizeGreaterThan(180);
            assertThat(picks(picker, keys(200))).isEqualTo(homes);
            for (long key : keys(50)) {
                Node home = picker.pick(FakeContext.withKey(key), 0);
                assertThat(picker.pick(FakeContext.withKey(key, home), 0)).isNotSameAs(home);
            }
            assertThat(picker.pick(FakeContext.FIRST_TRY, 0)).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100})
    default void aPickByKeyAllocatesNothing(int n) {
        assumeThat(ManagementFactory.getThreadMXBean()).isInstanceOf(com.sun.management.ThreadMXBean.class);
        com.sun.management.ThreadMXBean meter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeThat(meter.isThreadAllocatedMemorySupported()).isTrue();
        List<FakeNode> nodes = FakeNode.many(n);
        nodes.forEach(node -> node.weight(1 + nodes.indexOf(node)));
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(17));
        FakeContext[] contexts = new FakeContext[500];
        long[] keys = keys(contexts.length);
        for (int i = 0; i < contexts.length; i++) {
            contexts[i] = FakeContext.withKey(keys[i], nodes.get(i % n));
        }
        pickOften(picker, contexts);
        long thread = Thread.currentThread().getId();
        long before = meter.getThreadAllocatedBytes(thread);
        pickOften(picker, contexts);
        long bytes = meter.getThreadAllocatedBytes(thread) - before;

        assertThat(bytes).as("bytes for 50000 picks").isLessThan(50_000);
    }

    private static void pickOften(Picker picker, FakeContext[] contexts) {
        for (int i = 0; i < 100; i++) {
            for (FakeContext context : contexts) {
                picker.pick(context, i);
            }
        }
    }

    private static long[] keys(int count) {
        RandomGenerator random = new SplittableRandom(29);
        return random.longs(count).toArray();
    }

    private static Map<Node, Integer> picks(Picker picker, long[] keys) {
        Map<Node, Integer> picks = new HashMap<>();
        for (long key : keys) {
            picks.merge(picker.pick(FakeContext.withKey(key), 0), 1, Integer::sum);
        }
        return picks;
    }

    private static List<Endpoint> endpoints(List<FakeNode> nodes) {
        return nodes.stream().map(FakeNode::endpoint).toList();
    }

    private static BitSet all(int n) {
        BitSet all = new BitSet();
        all.set(0, n);
        return all;
    }

    private static BitSet without(int n, int out) {
        BitSet others = all(n);
        others.clear(out);
        return others;
    }
}
