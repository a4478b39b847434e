package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import dev.evenkeel.lb.testkit.Tally;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeastLoadedTest {
    /** Drawn with replacement, the loaded one of two would be picked a quarter of the time. */
    @Test
    void twoChoicesOfTwoNodesNeverTakeTheLoadedOne() {
        List<FakeNode> nodes = FakeNode.many(2);
        nodes.get(1).inFlight(1);

        assertThat(Tally.of(picker(nodes, LoadMetric.IN_FLIGHT, 2), 10_000).share(nodes.get(0)))
                .isEqualTo(1);
    }

    /** As many nodes are free as are needed for any draw of different ones to hold a free one; a repeated draw would miss them. */
    @ParameterizedTest
    @CsvSource({"2, 10", "3, 10", "4, 10", "5, 10", "6, 11", "7, 100", "8, 9", "9, 100", "10, 11"})
    void drawsAreAlwaysOfDifferentNodes(int draws, int n) {
        List<FakeNode> nodes = FakeNode.many(n);
        nodes.subList(0, draws - 1).forEach(node -> node.inFlight(5));

        Tally tally = Tally.of(picker(nodes, LoadMetric.IN_FLIGHT, draws), 10_000);

        assertThat(nodes.subList(0, draws - 1))
                .allSatisfy(node -> assertThat(tally.picks(node)).isZero());
    }

    /** One free node among many is found exactly as often as it is drawn. */
    @ParameterizedTest
    @CsvSource({"2, 10", "3, 10", "4, 10", "5, 12", "7, 10", "10, 11", "10, 100"})
    void everyNodeIsDrawnEquallyOften(int draws, int n) {
        for (int free : new int[] {0, 1, n / 2, n - 1}) {
            List<FakeNode> nodes = FakeNode.many(n);
            nodes.forEach(node -> node.inFlight(5));
            nodes.get(free).inFlight(0);

            Tally tally = Tally.of(picker(nodes, LoadMetric.IN_FLIGHT, draws), 20_000);

            double expected = (double) draws / n;
            double deviation = Math.sqrt(expected * (1 - expected) / 20_000);
            assertThat(tally.share(nodes.get(free))).isBetween(expected - 5 * deviation, expected + 5 * deviation);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 10, 100})
    void allFindsTheOneFreeNodeWhereverItIs(int n) {
        for (int free = 0; free < n; free++) {
            List<FakeNode> nodes = FakeNode.many(n);
            nodes.forEach(node -> node.inFlight(1));
            nodes.get(free).inFlight(0);

            assertThat(pick(picker(nodes, LoadMetric.IN_FLIGHT, LeastLoaded.ALL)))
                    .isSameAs(nodes.get(free));
        }
    }

    @Test
    void allChoosesAtRandomAmongTheLeastLoaded() {
        List<FakeNode> nodes = FakeNode.many(9);
        nodes.get(0).inFlight(2);
        nodes.get(4).inFlight(2);

        Tally tally = Tally.of(picker(nodes, LoadMetric.IN_FLIGHT, LeastLoaded.ALL), 14_000);

        List<FakeNode> free =
                nodes.stream().filter(node -> node.inFlight() == 0).toList();
        assertThat(tally.distinct()).isEqualTo(7);
        assertThat(tally.surprise(free)).isLessThan(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 10, LeastLoaded.ALL})
    void twoNodesOfDifferentWeightsAreNotDrawnForEver(int draws) {
        List<FakeNode> nodes = FakeNode.weighted(1, 2);

        assertThat(Tally.of(picker(nodes, LoadMetric.IN_FLIGHT, draws), 9_000).surprise(nodes))
                .isLessThan(5);
    }

    /** 1 s for each that fails, as failures are priced, beside 130 ms for one that is well and has a long queue. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, LeastLoaded.ALL})
    void aFailingNodeGetsNoCreditForAQueueThatIsShorterThanThatOfOneThatIsWell(int draws) {
        for (double weight : new double[] {1, 2}) {
            List<FakeNode> nodes = FakeNode.weighted(1, weight);
            nodes.get(0).latency(Duration.ofSeconds(1)).failing(true);
            nodes.get(1).latency(Duration.ofMillis(130)).inFlight(27);

            assertThat(Tally.of(picker(nodes, LoadMetric.PEAK_EWMA, draws), 100).picks(nodes.get(0)))
                    .isZero();
        }
    }

    /** Else the one whose price is a little lower would get everything until it is worn down as well. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, LeastLoaded.ALL})
    void ofNodesThatAllFailTheOneWithTheShorterQueueIsTaken(int draws) {
        for (double weight : new double[] {1, 2}) {
            List<FakeNode> nodes = FakeNode.weighted(1, weight);
            nodes.forEach(node -> node.failing(true));
            nodes.get(0).latency(Duration.ofMillis(900));
            nodes.get(1).latency(Duration.ofMillis(600)).inFlight(8);

            assertThat(Tally.of(picker(nodes, LoadMetric.PEAK_EWMA, draws), 100).picks(nodes.get(0)))
                    .isEqualTo(100);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, LeastLoaded.ALL})
    void aSlowNodeLosesUntilItsAdvantageInQueueOutweighsIt(int draws) {
        List<FakeNode> nodes = FakeNode.many(draws == 2 ? 2 : 3);
        nodes.forEach(node -> node.latency(Duration.ofMillis(10)).inFlight(8));
        FakeNode slow = nodes.get(0).latency(Duration.ofMillis(100)).inFlight(0);
        Picker picker = picker(nodes, LoadMetric.PEAK_EWMA, draws);

        assertThat(Tally.of(picker, 100).picks(slow))
                .as("90 ms of queue against 100 ms")
                .isZero();
        nodes.forEach(node -> node.inFlight(node == slow ? 0 : 10));
        assertThat(Tally.of(picker, 100).picks(slow))
                .as("110 ms of queue against 100 ms")
                .isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, LeastLoaded.ALL})
    void anUnmeasuredNodeThatIsFreeGetsItsShareAndNotEverything(int draws) {
        int count = draws == 2 ? 2 : 3;
        List<FakeNode> nodes = FakeNode.many(count);
        nodes.forEach(node -> node.latency(Duration.ofMillis(20)));
        FakeNode newcomer = nodes.get(1).latency(Duration.ZERO);

        assertThat(Tally.of(picker(nodes, LoadMetric.PEAK_EWMA, draws), 3000).picks(newcomer) / 3000.0)
                .isCloseTo(1.0 / count, within(0.05));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, LeastLoaded.ALL})
    void anUnmeasuredNodeThatIsFreeIsBetterThanABusyOne(int draws) {
        List<FakeNode> nodes = FakeNode.many(draws == 2 ? 2 : 3);
        nodes.forEach(node -> node.latency(Duration.ofNanos(1)).inFlight(1));
        FakeNode newcomer = nodes.get(1).latency(Duration.ZERO).inFlight(0);

        assertThat(Tally.of(picker(nodes, LoadMetric.PEAK_EWMA, draws), 100).picks(newcomer))
                .isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, LeastLoaded.ALL})
    void anUnmeasuredNodeGetsNothingMoreUntilItHasAnswered(int draws) {
        List<FakeNode> nodes = FakeNode.many(draws == 2 ? 2 : 3);
        nodes.forEach(node -> node.latency(Duration.ofSeconds(1)).inFlight(50));
        FakeNode newcomer = nodes.get(1).latency(Duration.ZERO).inFlight(1);

        assertThat(Tally.of(picker(nodes, LoadMetric.PEAK_EWMA, draws), 100).picks(newcomer))
                .isZero();
    }

    @Test
    void amongBusyNodesWithoutAnyAnswerTheOneWithLeastInFlightIsPicked() {
        List<FakeNode> nodes = FakeNode.many(2);
        nodes.get(0).inFlight(1_000_001);
        nodes.get(1).inFlight(1_000_000);

        assertThat(Tally.of(picker(nodes, LoadMetric.PEAK_EWMA, 2), 100).picks(nodes.get(1)))
                .as("one attempt more must not get lost in the penalty's rounding")
                .isEqualTo(100);
    }

    @ParameterizedTest
    @EnumSource
    void theOnlyNodeIsPickedWhateverItsState(LoadMetric metric) {
        FakeNode only = FakeNode.at(0).inFlight(1_000).latency(Duration.ofHours(1));

        assertThat(pick(picker(List.of(only), metric, 2))).isSameAs(only);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, 0, 1, 11, Integer.MAX_VALUE - 1})
    void aWrongNumberOfDrawsIsRejected(int draws) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LeastLoaded(LoadMetric.IN_FLIGHT, draws))
                .withMessage("draws is " + draws + ", must be 2 to 10, or all() to compare every endpoint");
    }

    @Test
    void itsNameTellsItsSettings() {
        assertThat(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA))
                .hasToString("leastLoaded(PEAK_EWMA).draws(2)");
        assertThat(LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all())
                .hasToString("leastLoaded(IN_FLIGHT).all()");
    }

    private static Picker picker(List<FakeNode> nodes, LoadMetric metric, int draws) {
        return new LeastLoaded(metric, draws).newPicker(nodes, ScriptedRandom.seeded(42));
    }

    private static Node pick(Picker picker) {
        return picker.pick(FakeContext.FIRST_TRY, 0);
    }
}
