package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.Event;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoadBalancerViewTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");

    private final TestService service = TestService.of(A.address(), B.address());
    private final AtomicInteger changes = new AtomicInteger();
    private final LoadBalancerView view = service.loadBalancer.openView(changes::incrementAndGet);

    private Attempt attempt() {
        return view.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
    }

    @Test
    void nothingIsPickedBeforeTheTransportIsConnected() {
        assertThatThrownBy(this::attempt)
                .isInstanceOf(NoEndpointException.class)
                .hasMessageContaining("NOT_READY");

        view.setReady(A, true);

        assertThat(attempt().endpoint()).isEqualTo(A);
    }

    @Test
    void readinessIsTheViewsOwnAndInFlightIsShared() {
        view.setReady(A, true);
        LoadBalancerView other = service.loadBalancer.openView(() -> {});
        other.setReady(B, true);

        Attempt attempt = attempt();
        assertThat(attempt.endpoint()).isEqualTo(A);
        assertThat(other.newCall(RequestInfo.IDEMPOTENT).nextAttempt().endpoint())
                .isEqualTo(B);
        assertThat(service.status(A.id()).inFlight()).isEqualTo(1);
        assertThat(service.status(A.id()).availability().isAvailable()).isTrue();
        assertThat(other.endpoints().get(0).availability().has(OutReason.NOT_READY))
                .isTrue();
    }

    @Test
    void whatOneViewLearnsTheOthersKnow() {
        view.setReady(A, true);
        view.setReady(B, true);
        service.attemptAt(A.id()).complete(TestService.REFUSED);

        for (int i = 0; i < 50; i++) {
            Attempt attempt = attempt();
            assertThat(attempt.endpoint()).isEqualTo(B);
            attempt.complete(Outcome.SUCCESS);
        }
    }

    @Test
    void aCandidateThatIsOutIsNotAvailable() {
        service.refuse(A.id());
        assertThat(view.hasAvailable()).isFalse();

        view.setReady(A, true);
        assertThat(view.hasCandidates()).as("there is nobody better").isTrue();
        assertThat(view.hasAvailable()).isFalse();

        view.setReady(B, true);
        assertThat(view.hasAvailable()).isTrue();
    }

    @Test
    void aLateConnectionDoesNotReviveARemovedEndpoint() {
        service.source.remove(A.id());
        view.setReady(A, true);
        view.setReady(B, true);
        service.source.put(A);

        assertThat(view.endpoints())
                .filteredOn(status -> status.endpoint().equals(A))
                .allMatch(status -> status.availability().has(OutReason.NOT_READY));
    }

    @Test
    void everyChangeOfTheCandidatesIsToldAfterTheLockIsReleased() {
        int before = changes.get();
        view.setReady(A, true);
        assertThat(changes.get()).isEqualTo(before + 1);
        view.setReady(A, true);
        assertThat(changes.get()).as("nothing changed").isEqualTo(before + 1);
        service.source.remove(B.id());
        assertThat(changes.get()).isEqualTo(before + 2);
    }

    @Test
    void closingAViewLeavesTheServiceAndItsOtherViewsAlone() {
        view.setReady(A, true);
        view.close();

        assertThatThrownBy(this::attempt).isInstanceOf(NoEndpointException.class);
        service.attempt().complete(Outcome.SUCCESS);
    }

    @Test
    void aPinIsPickedWhateverIsHeldAgainstItsEndpoint() {
        view.setReady(A, true);
        view.setReady(B, true);
        service.refuse(A.id());
        service.loadBalancer.drain(B.id());

        assertThat(view.pinned(A.id()).endpoint()).isEqualTo(A);
        assertThat(view.pinned(B.id()).endpoint()).isEqualTo(B);
        assertThat(view.pinned(A.id())).as("a pick allocates nothing").isSameAs(view.pinned(A.id()));
    }

    @Test
    void aPinThatAnswersBringsItsEndpointBack() {
        view.setReady(A, true);
        service.refuse(A.id());
        view.pinned(A.id()).begin().complete(Outcome.SUCCESS);
        assertThat(service.status(A.id()).availability().isAvailable()).isTrue();
    }

    @Test
    void thereIsNoPinToAnEndpointThatIsNotConnectedOrNotInTheList() {
        assertThat(view.pinned(A.id())).isNull();
        assertThat(view.pinned("10.0.0.9:80")).isNull();

        view.setReady(A, true);
        assertThat(view.pinned(A.id())).isNotNull();
        service.source.remove(A.id());
        assertThat(view.pinned(A.id())).isNull();
        service.source.put(A);
        assertThat(view.pinned(A.id())).as("it must connect again").isNull();

        view.setReady(B, true);
        view.close();
        assertThat(view.pinned(B.id())).isNull();
    }

    @Test
    void aServiceThatIsClosedHasNoPins() {
        view.setReady(A, true);
        service.loadBalancer.close();
        assertThat(view.pinned(A.id())).isNull();
    }

    private static void eject(LoadBalancerView of, Endpoint endpoint) {
        for (int i = 0; i < 5; i++) {
            of.pinned(endpoint.id()).begin().complete(TestService.HTTP_503);
        }
    }

    private boolean isEjected(Endpoint endpoint) {
        return service.status(endpoint.id()).availability().has(OutReason.EJECTED);
    }

    @Test
    void anEndpointThatWasLostAndIsConnectedToAgainIsAnotherOne() {
        view.setReady(A, true);
        view.setReady(B, true);
        eject(view, A);
        assertThat(isEjected(A)).isTrue();
        view.setReady(A, false);
        view.lost(A);
        assertThat(isEjected(A)).as("nobody knows of another yet").isTrue();

        view.setReady(A, true);

        assertThat(isEjected(A)).isFalse();
        assertThat(service.status(A.id()).latency()).isZero();
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .extracting(Event::detail)
                .containsExactly("connected again");
        eject(view, A);
        assertThat(isEjected(A)).as("it is judged by what it does itself").isTrue();
        view.setReady(A, false);
        view.setReady(A, true);
        assertThat(isEjected(A)).as("one loss is one pardon").isTrue();
    }

    @Test
    void aConnectionThatEndsAndIsMadeAgainPardonsNobody() {
        view.setReady(A, true);
        view.setReady(B, true);
        eject(view, A);
        view.setReady(A, false);
        view.setReady(A, true);
        assertThat(isEjected(A)).isTrue();
    }

    @Test
    void anEndpointThatAnotherTransportIsConnectedToIsNotLost() {
        view.setReady(A, true);
        view.setReady(B, true);
        LoadBalancerView other = service.loadBalancer.openView(() -> {});
        other.setReady(A, true);
        eject(view, A);
        view.setReady(A, false);
        view.lost(A);
        view.setReady(A, true);
        assertThat(isEjected(A)).isTrue();
    }

    @Test
    void whatHangsOnAPickIsItsViewsOwnAndGoesWithTheEndpoint() {
        LoadBalancerView other = service.loadBalancer.openView(() -> {});
        view.setReady(A, true);
        other.setReady(A, true);
        view.pinned(A.id()).attach("ours");

        assertThat(view.pinned(A.id()).attachment()).isEqualTo("ours");
        assertThat(other.pinned(A.id()).attachment()).isNull();

        service.source.remove(A.id());
        service.source.put(A);
        view.setReady(A, true);
        assertThat(view.pinned(A.id()).attachment()).isNull();
    }

    @Test
    void aViewThatTakesTheSlotOfAClosedOneFindsNothingOfIt() {
        view.setReady(A, true);
        view.pinned(A.id()).attach("ours");
        Pick late = view.pinned(A.id());
        view.close();
        LoadBalancerView next = service.loadBalancer.openView(() -> {});
        next.setReady(A, true);
        assertThat(next.pinned(A.id())).isNotSameAs(late);
        assertThat(next.pinned(A.id()).attachment()).isNull();
    }
}
