package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.ClosedLoop;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import dev.evenkeel.lb.testkit.Tally;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shares and avoidance of the weighted two choices; what they share with other policies is in their contract. */
class WeightedChoicesPickerTest {
    private static final int REQUESTS = 20_000;

    /** Beyond four standard deviations of as many independent draws, and a tenth of the share for what the model cannot promise. */
    @Property(tries = 60, seed = "20261123")
    void sharesFollowWeightsForAnyListAndAnyTraffic(
            @ForAll @IntRange(min = 2, max = 100) int n,
            @ForAll @DoubleRange(min = 1.01, max = 100) double heaviest,
            @ForAll @DoubleRange(min = 0, max = 20) double callersPerNode,
            @ForAll LoadMetric metric,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] weights = random.doubles(n, 1, heaviest).toArray();
        weights[0] = heaviest;
        weights[1] = 1;
        int callers = Math.max(1, (int) (callersPerNode * n));
        try (ClosedLoop loop = new ClosedLoop(LoadBalancingPolicy.leastLoaded(metric), endpoints(weights), seed)) {
            loop.run(callers, 5 * callers);

            Tally tally = loop.run(callers, REQUESTS);

            loop.fairness(tally).forEach((endpoint, times) -> {
                double noise = 4 / Math.sqrt(loop.fairShare(endpoint) * REQUESTS);
                boolean rarelyHeardOf = callers < 10 && loop.fairShare(endpoint) < 0.01;
                assertThat(times)
                        .as("%s of weight %s with %s callers", endpoint, endpoint.weight(), callers)
                        .isBetween(0.9 - noise, rarelyHeardOf ? 2.5 : 1.1 + noise);
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'2 1', 1",
        "'2 1', 20",
        "'1 2', 20",
        "'100 1', 4",
        "'6 2 2 2', 8",
        "'6 2 2 2', 40",
        "'1 1 1 2', 20",
        "'50 1 1 1 1 1', 12",
        "'3 1 1 1 1 1 1 1 1 1', 100"
    })
    void aNodeTenTimesSlowerIsAvoidedHoweverHeavyItIs(String weights, int callers) {
        List<Endpoint> endpoints = endpoints(parsed(weights));
        LoadBalancingPolicy policy = LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
        try (ClosedLoop loop = new ClosedLoop(policy, endpoints, 1)) {
            loop.run(callers, 1_000);
            loop.server(endpoints.get(0), ClosedLoop.Server.taking(Duration.ofMillis(100)));

            Tally tally = loop.run(callers, REQUESTS);

            assertThat(tally.share(endpoints.get(0))).isLessThan(0.1 * loop.fairShare(endpoints.get(0)));
        }
    }

    @ParameterizedTest
    @CsvSource({"'1 1', 4", "'2 1', 20", "'1 2', 20", "'100 1', 20", "'6 2 2 2', 40", "'3 1 1 1 1 1 1 1 1 1', 100"})
    void aNodeThatFailsAtOnceIsAvoidedHoweverHeavyItIs(String weights, int callers) {
        List<Endpoint> endpoints = endpoints(parsed(weights));
        LoadBalancingPolicy policy = LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
        try (ClosedLoop loop = new ClosedLoop(policy, endpoints, 2)) {
            loop.run(callers, 1_000);
            loop.server(endpoints.get(0), ClosedLoop.Server.failingAfter(Duration.ofNanos(100_000)));

            Tally tally = loop.run(callers, REQUESTS);

            assertThat(tally.picks(endpoints.get(0))).isLessThan(2 * callers);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.9, 0.6})
    void aSmallDifferenceInLatencyDoesNotOutweighTheWeights(double times) {
        List<FakeNode> nodes = FakeNode.weighted(3, 1);
        nodes.get(0).latency(Duration.ofMillis(10));
        nodes.get(1).latency(Duration.ofNanos((long) (10e6 * times)));

        Tally tally = Tally.of(picker(nodes, LoadMetric.PEAK_EWMA), 10_000);

        assertThat(tally.share(nodes.get(1))).isBetween(0.23, 0.27);
    }

    @ParameterizedTest
    @EnumSource
    void ofEquallyHeavyNodesTheOneWithLessInFlightIsTaken(LoadMetric metric) {
        List<FakeNode> nodes = FakeNode.weighted(1, 1, 0.001);
        nodes.forEach(node -> node.latency(Duration.ofMillis(10)));
        nodes.get(0).inFlight(7);
        nodes.get(1).inFlight(6);
        nodes.get(2).inFlight(1_000);

        Tally tally = Tally.of(picker(nodes, metric), 10_000);

        // They meet in half of the picks; in the others, one of them is drawn twice.
        assertThat(tally.share(nodes.get(1))).isBetween(0.72, 0.78);
        assertThat(tally.share(nodes.get(2))).isLessThan(0.001);
    }

    @ParameterizedTest
    @EnumSource
    void aNodeThatHoldsNearlyAllWeightIsStillComparedWithAnother(LoadMetric metric) {
        List<FakeNode> nodes = FakeNode.weighted(1_000_000, 1, 1);
        nodes.forEach(node -> node.latency(Duration.ofMillis(10)));
        nodes.get(0).inFlight(5_000_000);
        Picker picker = picker(nodes, metric);

        for (int i = 0; i < 1_000; i++) {
            assertThat(picker.pick(FakeContext.FIRST_TRY, 0)).isNotSameAs(nodes.get(0));
        }
    }

    private static Picker picker(List<FakeNode> nodes, LoadMetric metric) {
        return LoadBalancingPolicy.leastLoaded(metric).newPicker(nodes, ScriptedRandom.seeded(3));
    }

    private static double[] parsed(String weights) {
        return List.of(weights.split(" ")).stream()
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static List<Endpoint> endpoints(double... weights) {
        return FakeNode.weighted(weights).stream().map(FakeNode::endpoint).toList();
    }
}
