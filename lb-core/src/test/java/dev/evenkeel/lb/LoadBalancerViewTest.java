package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.testkit.FakeContext;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
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
    void whyNobodyCanBePickedIsSaidOfTheMomentOfThePick() {
        boolean[] comes = new boolean[1];
        AtomicReference<LoadBalancerView> latest = new AtomicReference<>();
        Environment time = service.time.environment(new Random(42));
        Ticker ticker = () -> {
            if (comes[0]) {
                comes[0] = false;
                latest.get().setReady(A, true);
            }
            return time.ticker().nanos();
        };
        LoadBalancer late = LoadBalancer.builder("late")
                .endpoints(EndpointSource.of(List.of(A)))
                .environment(new Environment(ticker, time.scheduler(), time.blocking(), time.random()))
                .build();
        LoadBalancerView its = late.openView(() -> {});
        latest.set(its);
        PickContext first = new PickContext() {
            @Override
            public boolean isFirstPick() {
                comes[0] = true; // when the clock is read next, which is when the words are made
                return true;
            }

            @Override
            public RequestInfo request() {
                return RequestInfo.IDEMPOTENT;
            }

            @Override
            public boolean hasTried(Node node) {
                return false;
            }
        };
        int before = its.version();

        assertThatThrownBy(() -> its.pick(first))
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("late: none of 1 endpoints can be picked: 10.0.0.1:80 AVAILABLE")
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.NOBODY);
        assertThat(its.version()).as("somebody came").isNotEqualTo(before);
        assertThat(its.pick(FakeContext.FIRST_TRY).endpoint()).isEqualTo(A);
        late.close();
        assertThatThrownBy(() -> its.pick(FakeContext.FIRST_TRY))
                .hasMessage("late is closed")
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.NEVER);
    }

    @Test
    void itIsWorthWaitingForWhoIsConnectedToOrMayBeAndDoesNotDrain() {
        assertThat(view.isWorthWaiting(FakeContext.FIRST_TRY, A::equals)).isTrue();
        assertThat(view.isWorthWaiting(FakeContext.FIRST_TRY, endpoint -> false))
                .isFalse();
        service.loadBalancer.drain(A.id());
        assertThat(view.isWorthWaiting(FakeContext.FIRST_TRY, A::equals)).isFalse();
        service.refuse(B.id());
        assertThat(view.isWorthWaiting(FakeContext.FIRST_TRY, B::equals))
                .as("out, but there is nobody better")
                .isTrue();
        service.source.remove(B.id());
        assertThat(view.isWorthWaiting(FakeContext.FIRST_TRY, B::equals)).isFalse();
    }

    @Test
    void inALongListItIsWorthWaitingForWhoIsConnectedToAndNotPublishedYet() {
        List<Endpoint> many = IntStream.range(0, 2_000)
                .mapToObj(i -> Endpoint.of("10.1." + i / 250 + "." + i % 250, 80))
                .toList();
        TestService large =
                TestService.over(MutableEndpointSource.of(many), settings -> settings.subsetting(Subsetting.OFF));
        LoadBalancerView one = large.loadBalancer.openView(() -> {});
        assertThat(one.version()).as("published").isZero();
        assertThat(one.isWorthWaiting(FakeContext.FIRST_TRY, endpoint -> false))
                .as("for the first time that it is")
                .isTrue();
        large.advance(Duration.ofSeconds(1));
        large.loadBalancer.openView(() -> {}).setReady(many.get(1), true);
        one.setReady(many.get(0), true); // a moment after that change
        assertThatThrownBy(() -> one.pick(FakeContext.FIRST_TRY))
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.NOBODY);
        assertThat(one.isWorthWaiting(FakeContext.FIRST_TRY, many.get(0)::equals))
                .isTrue();

        int before = one.version();
        large.advance(Duration.ofSeconds(1));
        assertThat(one.version()).isNotEqualTo(before);
        assertThat(one.pick(FakeContext.FIRST_TRY).endpoint()).isEqualTo(many.get(0));
    }

    @Test
    void aPolicyThatFailsDoesNotLeaveThoseWaitingWhoWaitForAChange() {
        TestService failing = TestService.with(
                settings -> settings.policy((candidates, random) -> {
                    throw new IllegalStateException("a bug");
                }),
                A.address());
        AtomicInteger told = new AtomicInteger();
        LoadBalancerView its = failing.loadBalancer.openView(told::incrementAndGet);
        int version = its.version();
        int before = told.get();
        its.setReady(A, true);
        assertThat(told.get()).isEqualTo(before + 1);
        assertThat(its.version()).isNotEqualTo(version);
        assertThat(its.isWorthWaiting(FakeContext.FIRST_TRY, endpoint -> true))
                .as("it may fail again")
                .isFalse();
    }

    @Test
    void itIsWorthWaitingWhileAPickerIsBeingMade() {
        AtomicReference<LoadBalancerView> latest = new AtomicReference<>();
        List<Boolean> meanwhile = new ArrayList<>();
        TestService slow = TestService.with(
                settings -> settings.policy((candidates, random) -> {
                    if (latest.get() != null) {
                        meanwhile.add(latest.get().isWorthWaiting(FakeContext.FIRST_TRY, A::equals));
                    }
                    return (context, now) -> candidates.get(0);
                }),
                A.address());
        latest.set(slow.loadBalancer.openView(() -> {}));
        latest.get().setReady(A, true);
        assertThat(meanwhile).isNotEmpty().doesNotContain(false);
    }

    @Test
    void whatIsHeldAgainstAnEndpointIsSaidWhileItIsInTheList() {
        assertThat(view.availability(A.id())).hasToString("NOT_READY");
        view.setReady(A, true);
        assertThat(view.availability(A.id()).isAvailable()).isTrue();
        service.source.remove(A.id());
        assertThat(view.availability(A.id())).isNull();
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
    void anEndpointThatATransportCannotReachIsOutThoughNoRequestMetItUntilOneIsConnected() {
        view.setReady(B, true);
        view.unreachable(A, "Connection refused");
        assertThat(service.status(A.id()).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
        assertThat(service.status(A.id()).detail())
                .isEqualTo("Connection refused, connecting is tried again by itself");
        view.unreachable(A, "Connection refused");
        assertThat(service.status(A.id()).detail()).contains("2 times in a row");
        assertThat(service.eventsOf(Event.Type.UNAVAILABLE)).hasSize(1);

        view.setReady(A, true);

        assertThat(service.status(A.id()).availability().isAvailable()).isTrue();
        assertThat(service.eventsOf(Event.Type.AVAILABLE)).hasSize(1);
    }

    @Test
    void anEndpointThatAnotherTransportIsConnectedToIsNotOutForWhatOneCannotReach() {
        LoadBalancerView other = service.loadBalancer.openView(() -> {});
        other.setReady(A, true);
        view.unreachable(A, "Connection refused");
        assertThat(service.status(A.id()).availability().isAvailable()).isTrue();

        other.setReady(A, false);
        view.unreachable(A, "Connection refused");
        assertThat(service.status(A.id()).availability().isAvailable()).isFalse();
    }

    @Test
    void readinessMakesNewPickersForTheViewThatReportsItAlone() {
        LoadBalancerView other = service.loadBalancer.openView(() -> {});
        int before = other.version();
        int own = view.version();
        view.setReady(A, true);
        view.setReady(B, true);
        view.setReady(B, false);
        assertThat(view.version()).isEqualTo(own + 3);
        assertThat(other.version()).isEqualTo(before);
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
