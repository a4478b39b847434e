package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.ZoneAffinity;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PanicTest {
    private static final String[] FOUR = {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"};

    private static List<TrackedNode> nodes(int refused, int draining, int available) {
        List<TrackedNode> nodes = new ArrayList<>();
        IntStream.range(0, refused + draining + available).forEach(i -> {
            TrackedNode node = new TrackedNode(Endpoint.of("10.0.0." + i, 80), Usual.unknown(), null, null);
            node.setOut(OutReason.CONNECT_FAILED, i < refused);
            node.setOut(OutReason.DRAINING, i >= refused && i < refused + draining);
            nodes.add(node);
        });
        return nodes;
    }

    private static Candidates candidates(List<TrackedNode> nodes, double threshold) {
        return Candidates.of(Layout.of(nodes), node -> true, rules(threshold));
    }

    private static Candidates.Rules rules(double threshold) {
        return new Candidates.Rules(threshold, 1.4, ZoneAffinity.DEFAULT);
    }

    @Test
    void halfAvailableIsEnoughAndLessIsPanic() {
        assertThat(candidates(nodes(5, 0, 5), 0.5).panic()).isFalse();
        assertThat(candidates(nodes(6, 0, 4), 0.5).panic()).isTrue();
    }

    @Test
    void inPanicThoseThatRefusedComeLast() {
        assertThat(candidates(nodes(6, 0, 4), 0.5).nodes())
                .hasSize(4)
                .allMatch(node -> node.availability().isAvailable());
        assertThat(candidates(nodes(6, 0, 0), 0.5).nodes()).hasSize(6);
    }

    @Test
    void whoDrainsIsNeitherCountedNorUsedHoweverBadItGets() {
        Candidates candidates = candidates(nodes(1, 8, 1), 0.5);
        assertThat(candidates.panic()).isFalse();
        assertThat(candidates.nodes()).hasSize(1);
        assertThat(candidates(nodes(0, 3, 0), 0.5).nodes()).isEmpty();
    }

    @Test
    void whoIsNotConnectedIsNeitherCountedNorUsed() {
        List<TrackedNode> nodes = nodes(1, 0, 3);
        Candidates candidates = Candidates.of(Layout.of(nodes), node -> node == nodes.get(0), rules(0.5));
        assertThat(candidates.counted()).isEqualTo(1);
        assertThat(candidates.nodes()).containsExactly(nodes.get(0));
    }

    @Test
    void withPanicTurnedOffTheLastResortRemains() {
        assertThat(candidates(nodes(9, 0, 1), 0).panic()).isFalse();
        assertThat(candidates(nodes(9, 0, 0), 0).nodes()).hasSize(9);
    }

    @Test
    void enteringAndLeavingPanicAreAnnouncedOnceEach() {
        TestService service = TestService.with(settings -> settings.policy(LoadBalancingPolicy.random()), FOUR);
        service.refuse(FOUR[0]);
        service.refuse(FOUR[1]);
        assertThat(service.eventTypes()).doesNotContain(Event.Type.PANIC_ENTERED);
        service.refuse(FOUR[2]);
        assertThat(service.eventsOf(Event.Type.PANIC_ENTERED))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).isEqualTo("1 of 4 endpoints are available, using 1"));
        assertThat(service.loadBalancer.describe()).contains("1 available, PANIC");

        service.advance(Duration.ofSeconds(2));
        service.attempt().complete(Outcome.SUCCESS); // the first probe

        assertThat(service.eventsOf(Event.Type.PANIC_LEFT)).hasSize(1);
    }
}
