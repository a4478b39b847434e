package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryDecision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectHealthTest {
    private static final String A = "10.0.0.1:80";
    private static final String B = "10.0.0.2:80";
    private static final String C = "10.0.0.3:80";

    /** Longer than the first pause of 1 s with its jitter of 20 %. */
    private static final Duration PAUSE = Duration.ofMillis(1201);

    /** Random picks, so that every endpoint can be reached whatever its load. */
    private final TestService service = service(A, B, C);

    private static TestService service(String... addresses) {
        return TestService.with(settings -> settings.policy(LoadBalancingPolicy.random()), addresses);
    }

    @Test
    void oneRefusedConnectionTakesTheEndpointOutAtOnce() {
        service.refuse(A);

        assertThat(service.status(A).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
        assertThat(service.status(A).detail()).startsWith("connection refused, next try in ");
        assertThat(service.picks(1000)).doesNotContain(A).contains(B, C);
    }

    @Test
    void afterThePauseOneRequestAndOnlyOneTriesIt() {
        service.refuse(A);
        service.advance(PAUSE);

        List<Attempt> attempts = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            attempts.add(service.attempt());
        }

        assertThat(attempts.stream().filter(attempt -> attempt.endpoint().id().equals(A)))
                .hasSize(1)
                .allMatch(Attempt::isProbe);
        assertThat(attempts.get(0).endpoint().id()).isEqualTo(A);
        assertThat(service.status(A).availability().isAvailable()).isFalse();
    }

    @Test
    void aProbeThatConnectsBringsTheEndpointBackEvenIfTheAnswerIsAFailure() {
        service.refuse(A);
        service.advance(PAUSE);

        service.attempt().complete(TestService.HTTP_503);

        assertThat(service.status(A).availability().isAvailable()).isTrue();
        assertThat(service.eventTypes()).endsWith(Event.Type.UNAVAILABLE, Event.Type.AVAILABLE);
    }

    @Test
    void aRequestThatRanOutOfTimeAtAnEndpointWhichIsOutDoesNotBringItBack() {
        TestService single = service(A);
        single.refuse(A);
        Attempt hurried = single.attempt(); // as there is no other

        hurried.complete(Outcome.of(Outcome.Kind.TIMED_OUT, "no answer before the call's deadline"));

        assertThat(single.status(A).availability().isAvailable()).isFalse();
    }

    @Test
    void anEndpointThatIsBackIsJudgedAfreshAndNotByItsLastFailure() {
        TestService loaded = TestService.of(A, B);
        loaded.attemptAt(A).complete(REFUSED);
        assertThat(loaded.status(A).latency()).isEqualTo(Duration.ofSeconds(1));
        loaded.advance(PAUSE);
        Attempt probe = loaded.attempt();
        loaded.advance(Duration.ofMillis(5));

        probe.complete(Outcome.SUCCESS);

        assertThat(loaded.status(A).latency()).isEqualTo(Duration.ofMillis(5));
    }

    @Test
    void eachFailedProbeDoublesThePauseUpToThirtySeconds() {
        service.refuse(A);
        List<Double> pauses = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Duration start = service.time.elapsed();
            Attempt probe = service.attempt();
            while (!probe.isProbe()) {
                probe.complete(Outcome.SUCCESS);
                service.advance(Duration.ofMillis(10));
                probe = service.attempt();
            }
            pauses.add(service.time.elapsed().minus(start).toMillis() / 1000.0);
            probe.complete(REFUSED);
        }

        double[] nominal = {1, 2, 4, 8, 16, 30, 30, 30};
        for (int i = 0; i < nominal.length; i++) {
            assertThat(pauses.get(i)).isBetween(0.8 * nominal[i], 1.2 * nominal[i] + 0.011);
        }
    }

    @Test
    void afterASuccessfulProbeThePauseStartsAtOneSecondAgain() {
        service.refuse(A);
        service.advance(PAUSE);
        service.attempt().complete(REFUSED);
        service.advance(PAUSE.multipliedBy(2));
        service.attempt().complete(Outcome.SUCCESS);
        service.refuse(A);
        service.advance(PAUSE);

        assertThat(service.attempt().isProbe()).isTrue();
    }

    @Test
    void aProbeThatTellsNothingIsHandedToTheNextRequest() {
        service.refuse(A);
        service.advance(PAUSE);

        service.attempt().complete(Outcome.CANCELLED);

        assertThat(service.attempt().endpoint().id()).isEqualTo(A);
    }

    @Test
    void aProbeThatNeverEndsDoesNotKeepTheEndpointOutForEver() {
        service.refuse(A);
        service.advance(PAUSE);
        Attempt lost = service.attempt();
        assertThat(lost.isProbe()).isTrue();

        service.advance(Duration.ofSeconds(31));

        assertThat(service.attempt().isProbe()).isTrue();
    }

    @Test
    void failuresOfAttemptsPickedBeforeTheEndpointCameBackAreOldNews() {
        Attempt slow = service.attemptAt(A);
        service.advance(Duration.ofMillis(1));
        service.refuse(A);
        service.advance(PAUSE);
        service.attempt().complete(Outcome.SUCCESS);

        slow.complete(REFUSED);

        assertThat(service.status(A).availability().isAvailable()).isTrue();
    }

    @Test
    void manyAttemptsRefusedTogetherCountAsOneFailure() {
        List<Attempt> attempts = List.of(service.attemptAt(A), service.attemptAt(A), service.attemptAt(A));
        service.advance(Duration.ofMillis(1));

        attempts.forEach(attempt -> attempt.complete(REFUSED));

        assertThat(service.eventsOf(Event.Type.UNAVAILABLE)).hasSize(1);
        service.advance(PAUSE);
        assertThat(service.attempt().isProbe()).isTrue();
    }

    @Test
    void theRetryAfterAFailedProbeIsFree() {
        TestService strict = TestService.with(
                settings -> settings.retryBudget(new RetryBudget.Settings(0, 0, Duration.ofSeconds(10))), A, B);
        strict.refuse(A);
        strict.advance(PAUSE);
        BalancedCall call = strict.loadBalancer.newCall(RequestInfo.NON_IDEMPOTENT);
        Attempt probe = call.nextAttempt();
        assertThat(probe.isProbe()).isTrue();
        probe.complete(REFUSED);

        assertThat(call.retryAfter(REFUSED)).isEqualTo(new RetryDecision(RetryDecision.Kind.FREE_RETRY, 0));
        assertThat(call.nextAttempt().endpoint().id()).isEqualTo(B);
    }

    @Test
    void onlyTheFirstAttemptOfACallIsAProbe() {
        service.refuse(A);
        service.refuse(B);
        service.advance(PAUSE);
        BalancedCall call = service.call();
        call.nextAttempt().complete(REFUSED);

        assertThat(call.nextAttempt().isProbe()).isFalse();
    }

    @Test
    void theOnlyEndpointIsTriedHoweverOftenItRefused() {
        TestService single = service(A);
        single.refuse(A);

        assertThat(single.attempt().endpoint().id()).isEqualTo(A);
    }

    @Test
    void whenAllRefuseAllAreTriedAndTheFirstToConnectIsBackAtOnce() {
        service.refuse(A);
        service.refuse(B);
        service.refuse(C);
        assertThat(service.eventTypes()).contains(Event.Type.PANIC_ENTERED);

        Attempt attempt = service.attempt();
        String first = attempt.endpoint().id();
        attempt.complete(Outcome.SUCCESS);

        assertThat(service.picks(20)).containsOnly(first);
    }

    @Test
    void anEndpointThatLeavesWhileItIsOutIsStillOutWhenItReturns() {
        service.refuse(A);
        service.source.remove(A);
        service.advance(Duration.ofMillis(10));
        service.source.put(Endpoint.of(A));

        assertThat(service.status(A).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
        service.advance(PAUSE);
        assertThat(service.attempt().isProbe()).isTrue();
    }

    /** All clients hear at once that it is back, and each has a probe to send: they must not all do so with their next request. */
    @Test
    void anEndpointThatIsBackInTheListIsTriedAtAnyTimeWithinThePause() {
        service.refuse(A);
        service.source.remove(A);
        service.advance(PAUSE.multipliedBy(3));
        service.source.put(Endpoint.of(A));
        int waited = 0;
        Attempt attempt = service.attempt();
        while (!attempt.isProbe()) {
            attempt.complete(Outcome.SUCCESS);
            service.advance(PAUSE.dividedBy(20));
            waited++;
            attempt = service.attempt();
        }

        assertThat(waited).isBetween(1, 24); // PAUSE ± 20 %
    }

    @Test
    void anEndpointWhoseIdentityIsWrongIsOutLikeOneThatRefuses() {
        service.attemptAt(A).complete(Outcome.of(Outcome.Kind.UNTRUSTED, "certificate for another host"));

        assertThat(service.picks(100)).doesNotContain(A);
    }

    @Test
    void anEjectionDoesNotOutliveTheProcessThatEarnedIt() {
        List<Attempt> open = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            open.add(service.attemptAt(A));
        }
        service.advance(Duration.ofMillis(1));
        open.subList(0, 5).forEach(attempt -> attempt.complete(Outcome.of(Outcome.Kind.BROKEN, "reset")));
        open.get(5).complete(REFUSED);
        assertThat(service.status(A).availability().reasons())
                .containsExactly(OutReason.CONNECT_FAILED, OutReason.EJECTED);

        service.advance(PAUSE);
        service.attempt().complete(Outcome.SUCCESS);

        assertThat(service.status(A).availability().isAvailable()).isTrue();
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).isEqualTo("connected again"));
        service.advance(Duration.ofSeconds(40));
        assertThat(service.eventsOf(Event.Type.AVAILABLE))
                .as("the ejection's own end comes to nothing")
                .hasSize(1);
    }

    @Test
    void aProcessThatCrashesAgainIsEjectedForLonger() {
        crashAndReturn(service);

        eject(service);
        service.advance(Duration.ofMillis(56_900));
        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isTrue();
        service.advance(Duration.ofMillis(6_200));
        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isFalse();
    }

    private static void crashAndReturn(TestService service) {
        Attempt open = service.attemptAt(A);
        service.advance(Duration.ofMillis(1));
        eject(service);
        open.complete(REFUSED);
        service.advance(PAUSE);
        service.attempt().complete(Outcome.SUCCESS);
        assertThat(service.status(A).availability().isAvailable()).isTrue();
    }

    private static void eject(TestService service) {
        for (int i = 0; i < 5; i++) {
            service.attemptAt(A).complete(TestService.HTTP_503);
        }
        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isTrue();
    }

    @Test
    void anEndpointThatRefusesIsNotEjectedBesidesHoweverOftenItIsTried() {
        for (int tries = 0; tries < 12; ) {
            Attempt attempt = service.attempt();
            if (attempt.isProbe() || (tries == 0 && attempt.endpoint().id().equals(A))) {
                attempt.complete(REFUSED);
                tries++;
            } else {
                attempt.complete(Outcome.SUCCESS);
            }
            service.advance(Duration.ofMillis(100));
        }

        assertThat(service.eventsOf(Event.Type.UNAVAILABLE))
                .singleElement()
                .satisfies(event -> assertThat(event.detail()).startsWith("CONNECT_FAILED"));
    }
}
