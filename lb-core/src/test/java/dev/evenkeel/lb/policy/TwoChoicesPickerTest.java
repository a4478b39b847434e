package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.testkit.ClosedLoop;
import dev.evenkeel.lb.testkit.FakeNode;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import dev.evenkeel.lb.testkit.Tally;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TwoChoicesPickerTest {
    private static final int PER_SECOND = 100; // one caller, 10 ms a request

    private final List<Endpoint> endpoints =
            FakeNode.many(2).stream().map(FakeNode::endpoint).toList();
    private final Endpoint sick = endpoints.get(1);

    /** Alone with one other, at no load, nothing but time speaks for a node that was slow once. */
    @Test
    void aNodeThatWasSlowOnceHasItsShareAgainWithinFiveSeconds() {
        try (ClosedLoop loop = loop()) {
            loop.run(1, 100);
            loop.server(sick, ClosedLoop.Server.taking(Duration.ofSeconds(1)));
            loop.run(1, 100);
            loop.server(sick, ClosedLoop.Server.taking(Duration.ofMillis(10)));
            loop.run(1, 5 * PER_SECOND);

            assertThat(loop.run(1, 30 * PER_SECOND).share(sick)).isBetween(0.2, 0.8);
        }
    }

    @Test
    void aNodeThatFailsAtOnceIsTriedMoreAndMoreRarely() {
        try (ClosedLoop loop = loop()) {
            loop.run(1, 100);
            loop.server(sick, ClosedLoop.Server.failingAfter(Duration.ofMillis(1)));

            assertThat(loop.run(1, 60 * PER_SECOND).picks(sick)).isBetween(2, 6);
            assertThat(loop.run(1, 600 * PER_SECOND).picks(sick)).isBetween(15, 20);
        }
    }

    @Test
    void amongIdleNodesThatLookTheSameTheChoiceIsRandom() {
        List<FakeNode> nodes = FakeNode.many(5);
        Picker picker =
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).newPicker(nodes, ScriptedRandom.seeded(3));

        assertThat(Tally.of(picker, 10_000).surprise(nodes)).isLessThan(5);
    }

    private ClosedLoop loop() {
        return new ClosedLoop(LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA), endpoints, 4);
    }
}
