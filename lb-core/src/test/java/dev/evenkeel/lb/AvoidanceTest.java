package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.Event;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** No endpoint is avoided silently. */
class AvoidanceTest {
    private static final String[] ALL = {"10.0.0.0:80", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"};
    private static final String SLOW = ALL[3];
    private static final long ANSWER_NANOS = 5_000_000;

    private final TestService service = TestService.of(ALL);

    /** A call each 10 ms. */
    private void traffic(int seconds, long slowNanos) {
        for (int i = 0; i < 100 * seconds; i++) {
            Attempt attempt = service.attempt();
            long takes = attempt.endpoint().id().equals(SLOW) ? slowNanos : ANSWER_NANOS;
            service.time.schedule(takes, () -> attempt.complete(Outcome.SUCCESS));
            service.advance(Duration.ofMillis(10));
        }
    }

    @Test
    void anEndpointThatIsFarSlowerThanItsPeersIsAvailableButSaidToBeAvoided() {
        traffic(10, ANSWER_NANOS);
        traffic(20, 100 * ANSWER_NANOS);

        EndpointStatus status = service.status(SLOW);
        assertThat(status.availability().isAvailable()).isTrue();
        assertThat(status.fairShare()).isEqualTo(0.25);
        assertThat(status.share()).isLessThan(0.125);
        assertThat(status.avoidance()).matches("expected \\d+ ms, peers [\\d.]+ ms");
        assertThat(status.detail()).isEqualTo("avoided: " + status.avoidance());
        assertThat(service.loadBalancer.describe())
                .containsPattern(
                        "\n  avoided = 10\\.0\\.0\\.3:80: expected \\d+ ms, peers [\\d.]+ ms, has [\\d.]+ % of 25.0 %\n");
        assertThat(service.status(ALL[0]).avoidance()).isEmpty();
    }

    @Test
    void itIsAnnouncedOnceAndItsEndAsWell() {
        traffic(10, ANSWER_NANOS);
        traffic(60, 100 * ANSWER_NANOS);
        assertThat(service.eventsOf(Event.Type.AVOIDED)).singleElement().satisfies(event -> {
            assertThat(event.endpoint()).isEqualTo(Endpoint.of(SLOW));
            assertThat(event.detail()).matches("expected \\d+ ms, peers [\\d.]+ ms; has [\\d.]+ % of the attempts");
        });
        assertThat(service.eventsOf(Event.Type.NO_LONGER_AVOIDED)).isEmpty();

        traffic(60, ANSWER_NANOS);

        assertThat(service.eventsOf(Event.Type.AVOIDED)).hasSize(1);
        assertThat(service.eventsOf(Event.Type.NO_LONGER_AVOIDED))
                .singleElement()
                .satisfies(event -> assertThat(event.endpoint()).isEqualTo(Endpoint.of(SLOW)));
        assertThat(service.status(SLOW).avoidance()).isEmpty();
        assertThat(service.loadBalancer.describe()).doesNotContain("avoided = ");
    }

    @Test
    void ofAHealthyFleetNothingIsSaid() {
        traffic(60, ANSWER_NANOS);

        assertThat(service.eventTypes()).doesNotContain(Event.Type.AVOIDED, Event.Type.NO_LONGER_AVOIDED);
        assertThat(service.loadBalancer.describe()).doesNotContain("avoided");
        assertThat(service.loadBalancer.endpoints()).allSatisfy(status -> {
            assertThat(status.avoidance()).isEmpty();
            assertThat(status.detail()).isEmpty();
            assertThat(status.share()).isBetween(0.2, 0.3);
        });
    }

    @Test
    void whoAskedForAPauseSaysSoWhileItLasts() {
        traffic(10, ANSWER_NANOS);
        Attempt attempt = service.attempt();
        while (!attempt.endpoint().id().equals(SLOW)) {
            service.advance(Duration.ofNanos(ANSWER_NANOS));
            attempt.complete(Outcome.SUCCESS);
            attempt = service.attempt();
        }
        attempt.complete(Outcome.pushback("HTTP 429", Duration.ofSeconds(5)));
        assertThat(service.status(SLOW).avoidance()).isEqualTo("asked for a pause, 5.0 s left");
        assertThat(service.loadBalancer.describe()).contains("avoided = 10.0.0.3:80: asked for a pause, 5.0 s left");

        traffic(7, ANSWER_NANOS);

        assertThat(service.status(SLOW).avoidance()).isEmpty();
    }

    @Test
    void whoStartsSlowlySaysSoUntilItHasItsShare() {
        traffic(10, ANSWER_NANOS);
        service.source.put(Endpoint.of("10.0.0.9:80"));
        assertThat(service.status("10.0.0.9:80").avoidance()).isEqualTo("starts slowly");

        traffic(40, ANSWER_NANOS);

        assertThat(service.status("10.0.0.9:80").avoidance()).isEmpty();
    }
}
