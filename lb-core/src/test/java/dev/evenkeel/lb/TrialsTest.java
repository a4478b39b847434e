package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrialsTest {
    private final Trials trials = new Trials(OutReason.CONNECT_FAILED);

    private TrackedNode out(int number) {
        TrackedNode node = new TrackedNode(
                Endpoint.of("10.0." + number / 250 + "." + number % 250, 80), Usual.unknown(), null, null);
        node.join(trials::changed);
        node.setOut(OutReason.CONNECT_FAILED, true);
        return node;
    }

    private List<TrackedNode> due(int count) {
        List<TrackedNode> due = IntStream.range(0, count).mapToObj(this::out).toList();
        due.forEach(trials::offer);
        return due;
    }

    @Test
    void aRequestLooksAtAFewHoweverManyItCannotTry() {
        List<TrackedNode> due = due(10_000);
        List<TrackedNode> seen = new ArrayList<>();

        TrackedNode taken = trials.take(node -> {
            seen.add(node);
            return false;
        });

        assertThat(taken).isNull();
        assertThat(seen).hasSizeLessThanOrEqualTo(4);
        assertThat(due).hasSize(10_000);
    }

    @Test
    void theOneThatARequestCanTryIsFoundByTheNextRequests() {
        List<TrackedNode> due = due(100);
        for (TrackedNode wanted : List.of(due.get(0), due.get(50), due.get(99))) {
            TrackedNode taken = null;
            for (int i = 0; taken == null && i < 25; i++) {
                taken = trials.take(node -> node == wanted);
            }
            assertThat(taken).isSameAs(wanted);
        }
    }

    @Test
    void eachIsHandedOutOnceUntilItIsOfferedAgain() {
        List<TrackedNode> due = due(20);
        due.forEach(trials::offer);

        Set<TrackedNode> taken = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            taken.add(trials.take(node -> true));
        }

        assertThat(taken).containsExactlyInAnyOrderElementsOf(due);
        assertThat(trials.noneIsDue()).isTrue();
        trials.offer(due.get(7));
        assertThat(trials.take(node -> true)).isSameAs(due.get(7));
    }

    @Test
    void whatIsNotUsedIsNotKeptForRequestsUntilItIsUsedAgain() {
        List<TrackedNode> due = due(100);

        due.forEach(node -> node.setUsed(false));
        assertThat(trials.noneIsDue()).isTrue();

        due.get(3).setUsed(true);
        assertThat(trials.take(node -> true)).isSameAs(due.get(3));
        assertThat(trials.noneIsDue()).isTrue();
    }

    @Test
    void whatDrainsOrFailsItsChecksWaitsUntilItDoesNotAnyMore() {
        TrackedNode node = due(1).get(0);
        for (OutReason reason : List.of(OutReason.DRAINING, OutReason.PROBE_FAILED)) {
            node.setOut(reason, true);
            assertThat(trials.noneIsDue()).as("%s", reason).isTrue();
            node.setOut(reason, false);
            assertThat(trials.noneIsDue()).as("%s", reason).isFalse();
        }
    }

    @Test
    void whatLeavesOrIsBackIsNotDueAnyMore() {
        List<TrackedNode> due = due(2);
        due.get(0).leave();
        due.get(1).setOut(OutReason.CONNECT_FAILED, false);

        assertThat(trials.noneIsDue()).isTrue();
        due.get(1).setOut(OutReason.CONNECT_FAILED, true);
        assertThat(trials.noneIsDue()).as("out again, and not due yet").isTrue();
    }
}
