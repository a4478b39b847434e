package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import org.junit.jupiter.api.Test;

class TrackedNodeTest {
    private final TrackedNode node = new TrackedNode(Endpoint.of("10.0.0.1:80"), Usual.unknown(), null, null);

    /** Pickers by key are made anew for it, also if the weight stays as it is. */
    @Test
    void theEndOfAPauseIsAChangeThoughAnotherCutBeginsAtTheSameMoment() {
        node.cuts.pushBack(100);
        assertThat(node.refreshWeight(1, 0)).isTrue();
        assertThat(node.isPushedBack()).isTrue();
        double weight = node.weight();

        node.cuts.setSlow(true);
        node.refreshWeight(weight < 0.5 ? 0.5 / weight : 1, 99);
        boolean changed = node.refreshWeight(1, 100);

        assertThat(node.isPushedBack()).isFalse();
        assertThat(changed).isTrue();
        assertThat(node.refreshWeight(1, 101)).as("nothing is new").isFalse();
    }
}
