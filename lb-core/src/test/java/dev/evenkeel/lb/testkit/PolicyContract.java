package dev.evenkeel.lb.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every balancing policy promises, ours and yours. A test class implements this interface with its policy and inherits the tests:
 *
 * <pre>{@code
 * class MyPolicyTest implements PolicyContract {
 *     public LoadBalancingPolicy policy() {
 *         return new MyPolicy();
 *     }
 * }
 * }</pre>
 *
 * <p>Policies that send equal requests to the same node on purpose, such as hashing, override the tests on shares.
 */
public interface PolicyContract {
    /** Independent draws come this far from their mean, in standard deviations, about once in a million tests. */
    double NO_ACCIDENT = 5;

    /** Returns the policy under test. */
    LoadBalancingPolicy policy();

    /** Returns whether the policy follows the endpoints' weights; false skips the tests of that. */
    default boolean honoursWeights() {
        return true;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 1_000, 10_000})
    default void returnsOneOfItsCandidates(int n) {
        List<FakeNode> nodes = measured(FakeNode.many(n));
        Set<Node> candidates = Collections.newSetFromMap(new IdentityHashMap<>());
        candidates.addAll(nodes);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(n));

        for (int i = 0; i < 1_000; i++) {
            assertThat(picker.pick(FakeContext.FIRST_TRY, i)).isIn(candidates);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 1_000})
    default void equalNodesGetEqualShares(int n) {
        List<FakeNode> nodes = measured(FakeNode.many(n));

        Tally tally = Tally.of(policy().newPicker(nodes, ScriptedRandom.seeded(n)), 20 * Math.max(100, n));

        assertThat(tally.surprise(nodes)).as(tally::toString).isLessThan(NO_ACCIDENT);
    }

    @Test
    default void reachesNodesAllOverALongList() {
        List<FakeNode> nodes = measured(FakeNode.many(10_000));

        Tally tally = Tally.of(policy().newPicker(nodes, ScriptedRandom.seeded(1)), 10_000);

        // Independent draws reach 1 − 1/e of them.
        assertThat(tally.distinct()).isGreaterThan(6_200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 1 2", "1 2 3 4", "1 100", "0.5 0.25 0.125", "1000000 999999 1", "3 3 3 3 3 3 3 3 3 30"})
    default void idleNodesGetSharesInProportionToTheirWeights(String weights) {
        assumeThat(honoursWeights()).isTrue();
        List<FakeNode> nodes = measured(FakeNode.weighted(
                Stream.of(weights.split(" ")).mapToDouble(Double::parseDouble).toArray()));

        Tally tally = Tally.of(policy().newPicker(nodes, ScriptedRandom.seeded(weights.hashCode())), 50_000);

        assertThat(tally.surprise(nodes)).as(tally::toString).isLessThan(NO_ACCIDENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 16, 80})
    default void sharesFollowWeightsWhateverIsInFlight(int callers) {
        assumeThat(honoursWeights()).isTrue();
        List<Endpoint> endpoints = endpoints(1, 2, 3, 4);
        try (ClosedLoop loop = new ClosedLoop(policy(), endpoints, callers)) {
            loop.run(callers, 1_000);

            Tally tally = loop.run(callers, 20_000);

            assertThat(loop.fairness(tally).values())
                    .as(tally::toString)
                    .allSatisfy(times -> assertThat(times).isBetween(0.85, 1.15));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 11, 110})
    default void aCanaryOfOneThousandthGetsItsShare(int callers) {
        assumeThat(honoursWeights()).isTrue();
        List<Endpoint> endpoints = endpoints(100, 100, 100, 100, 100, 1, 100, 100, 100, 100, 100);
        Endpoint canary = endpoints.get(5);
        try (ClosedLoop loop = new ClosedLoop(policy(), endpoints, callers)) {
            Tally tally = loop.run(callers, 50_000);

            // A node that is rarely heard of looks better with time, so that it is tried again: hence the upper bound.
            assertThat(tally.share(canary) / loop.fairShare(canary))
                    .as(tally::toString)
                    .isBetween(0.5, 2.5);
        }
    }

    @Test
    default void pickersMadeTogetherStartAtDifferentNodes() {
        List<FakeNode> nodes = measured(FakeNode.many(10));
        Tally first = new Tally();
        Tally repeated = new Tally();
        ScriptedRandom random = ScriptedRandom.seeded(7);
        Node before = nodes.get(0);
        for (int i = 0; i < 5_000; i++) {
            Node node = policy().newPicker(nodes, random).pick(FakeContext.FIRST_TRY, 0);
            first.add(node.endpoint());
            if (node == before) {
                repeated.add(node.endpoint());
            }
            before = node;
        }

        assertThat(first.surprise(nodes)).as(first::toString).isLessThan(NO_ACCIDENT);
        assertThat(repeated.total())
                .as("two in a row that start alike, of 5000")
                .isBetween(400, 600);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0x7FFF_FFF0_7FFF_FFF0L, // an int counter passes 2³¹ soon
                0xFFFF_FFF0_FFFF_FFF0L, // an int counter passes 2³², a long one 2⁶⁴
                0x7FFF_FFFF_FFFF_FFF0L, // a long counter passes 2⁶³
                0x8000_0000_8000_0000L,
                0xFFFF_FFFF_FFFF_FFFFL,
                0
            })
    default void goesOnWhereCountersOverflow(long start) {
        List<FakeNode> nodes = measured(FakeNode.many(7));
        ScriptedRandom random = ScriptedRandom.of(start, start, start).thenSeeded(start);

        Tally tally = Tally.of(policy().newPicker(nodes, random), 7_000);

        assertThat(tally.surprise(nodes)).as(tally::toString).isLessThan(NO_ACCIDENT);
    }

    @Test
    default void manyThreadsPickAtOnce() throws Exception {
        List<FakeNode> nodes = measured(FakeNode.many(10));
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(11));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Tally>> work = Collections.nCopies(4, () -> Tally.of(picker, 20_000));
            Tally all = new Tally();
            for (Future<Tally> part : threads.invokeAll(work)) {
                all.add(part.get());
            }

            assertThat(all.total()).isEqualTo(80_000);
            assertThat(all.surprise(nodes)).as(all::toString).isLessThan(NO_ACCIDENT);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Work that grew with the square of the list would take minutes. */
    @Test
    @Timeout(60)
    default void takesAHundredThousandCandidates() {
        List<FakeNode> equal = measured(FakeNode.many(100_000));
        List<FakeNode> weighted = measured(FakeNode.many(100_000));
        IntStream.range(0, weighted.size()).forEach(i -> weighted.get(i).weight(1 + i % 1_000));

        for (List<FakeNode> nodes : List.of(equal, weighted)) {
            Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(13));

            assertThat(picker.pick(FakeContext.FIRST_TRY, 0)).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100})
    default void aPickAllocatesNothing(int n) {
        assumeThat(ManagementFactory.getThreadMXBean()).isInstanceOf(com.sun.management.ThreadMXBean.class);
        com.sun.management.ThreadMXBean meter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeThat(meter.isThreadAllocatedMemorySupported()).isTrue();
        long thread = Thread.currentThread().getId();
        List<FakeNode> equal = measured(FakeNode.many(n));
        List<FakeNode> weighted = measured(FakeNode.many(n));
        IntStream.range(0, n).forEach(i -> weighted.get(i).weight(1 + i));

        for (List<FakeNode> nodes : List.of(equal, weighted)) {
            Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(17));
            pickOften(picker);
            long before = meter.getThreadAllocatedBytes(thread);
            pickOften(picker);
            long bytes = meter.getThreadAllocatedBytes(thread) - before;

            assertThat(bytes).as("bytes for 5000 picks").isLessThan(5_000);
        }
    }

    @Test
    default void theCandidatesAreFrozen() {
        List<FakeNode> nodes = new ArrayList<>(measured(FakeNode.many(3)));
        List<FakeNode> asGiven = List.copyOf(nodes);
        Picker picker = policy().newPicker(nodes, ScriptedRandom.seeded(19));
        nodes.clear();
        nodes.add(FakeNode.at(99));

        for (int i = 0; i < 100; i++) {
            assertThat(picker.pick(FakeContext.FIRST_TRY, i)).isIn(asGiven);
        }
    }

    @Test
    default void theSameRandomnessGivesTheSamePicks() {
        List<FakeNode> nodes = measured(FakeNode.weighted(1, 2, 3, 4, 5));
        Picker one = policy().newPicker(nodes, ScriptedRandom.seeded(23));
        Picker other = policy().newPicker(nodes, ScriptedRandom.seeded(23));

        for (int i = 0; i < 1_000; i++) {
            assertThat(one.pick(FakeContext.FIRST_TRY, i)).isSameAs(other.pick(FakeContext.FIRST_TRY, i));
        }
    }

    @Test
    default void theNameIsForPeople() {
        assertThat(policy().toString()).doesNotContain("@").doesNotContain("$");
    }

    private static void pickOften(Picker picker) {
        for (int i = 0; i < 5_000; i++) {
            picker.pick(FakeContext.FIRST_TRY, i);
        }
    }

    private static List<FakeNode> measured(List<FakeNode> nodes) {
        nodes.forEach(node -> node.latency(Duration.ofMillis(5)));
        return nodes;
    }

    private static List<Endpoint> endpoints(double... weights) {
        return FakeNode.weighted(weights).stream().map(FakeNode::endpoint).toList();
    }
}
