package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.HTTP_503;
import static dev.evenkeel.lb.TestService.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryDecision;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BalancedCallTest {
    private static final Outcome MAINTENANCE = Outcome.pushback("HTTP 503", Duration.ofMinutes(2));
    private static final String[] THREE = {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"};

    @Test
    void aRetryGoesToAnEndpointThatTheCallHasNotTried() {
        TestService service = TestService.of(THREE);
        for (int i = 0; i < 200; i++) {
            BalancedCall call = service.call();
            Set<String> tried = new HashSet<>();
            for (int attempt = 0; attempt < 3; attempt++) {
                Attempt next = call.nextAttempt();
                assertThat(tried.add(next.endpoint().id())).isTrue();
                next.complete(HTTP_503);
            }
        }
    }

    @Test
    void aPolicyThatAlwaysPicksTheSameNodeStillGetsItsRetriesElsewhere() {
        LoadBalancingPolicy stubborn = (candidates, random) -> (context, now) -> candidates.get(0);
        BalancedCall call =
                TestService.with(settings -> settings.policy(stubborn), THREE).call();

        Set<String> tried = new HashSet<>();
        for (int attempt = 0; attempt < 3; attempt++) {
            tried.add(call.nextAttempt().endpoint().id());
        }

        assertThat(tried).hasSize(3);
    }

    @Test
    void aPauseThatOneEndpointAsksForSendsTheCallToAnotherAtOnce() {
        for (int i = 0; i < 50; i++) {
            BalancedCall call = TestService.of(THREE).call();
            Attempt first = call.nextAttempt();
            first.complete(MAINTENANCE);

            assertThat(call.retryAfter(MAINTENANCE)).isEqualTo(new RetryDecision(RetryDecision.Kind.RETRY, 0));
            assertThat(call.nextAttempt().endpoint()).isNotEqualTo(first.endpoint());
        }
    }

    @Test
    void aRetryGoesPastThoseThatAskedForAPause() {
        String[] ten = new String[10];
        Arrays.setAll(ten, i -> "10.0.0." + i + ":80");
        LoadBalancingPolicy stubborn = (candidates, random) -> (context, now) -> candidates.get(0);
        TestService service = TestService.with(settings -> settings.policy(stubborn), ten);
        Set<String> asking = new HashSet<>();
        for (int i = 0; i < 9; i++) {
            BalancedCall call = service.call();
            call.nextAttempt().complete(MAINTENANCE);
            assertThat(call.retryAfter(MAINTENANCE).isRetry()).isTrue();
            Attempt second = call.nextAttempt();
            assertThat(asking.add(second.endpoint().id()))
                    .as("it has not asked before")
                    .isTrue();
            second.complete(MAINTENANCE);
        }

        BalancedCall last = service.call();
        last.nextAttempt().complete(MAINTENANCE);
        assertThat(last.retryAfter(MAINTENANCE).kind())
                .as("now all of them have asked")
                .isEqualTo(RetryDecision.Kind.STOP_PUSHBACK);
    }

    @Test
    void whereAllAskForAPauseTheNextCallIsToldByTheFirst() {
        TestService service = TestService.of("10.0.0.1:80", "10.0.0.2:80");
        BalancedCall call = service.call();
        call.nextAttempt().complete(MAINTENANCE);
        assertThat(call.retryAfter(MAINTENANCE).isRetry()).isTrue();
        call.nextAttempt().complete(MAINTENANCE);
        assertThat(call.retryAfter(MAINTENANCE).kind()).isEqualTo(RetryDecision.Kind.STOP_PUSHBACK);

        BalancedCall next = service.call();
        next.nextAttempt().complete(MAINTENANCE);
        assertThat(next.retryAfter(MAINTENANCE).kind()).isEqualTo(RetryDecision.Kind.STOP_PUSHBACK);
        service.advance(Duration.ofSeconds(31));
        BalancedCall later = service.call();
        later.nextAttempt().complete(MAINTENANCE);
        assertThat(later.retryAfter(MAINTENANCE).isRetry()).isTrue();
    }

    @Test
    void aFailureThatAsksForNothingIsRepeatedAlsoAtOneThatAskedForAPause() {
        TestService service = TestService.of("10.0.0.1:80", "10.0.0.2:80");
        service.attemptAt("10.0.0.1:80").complete(MAINTENANCE);
        BalancedCall call = service.call();
        call.nextAttempt().complete(HTTP_503);

        assertThat(call.retryAfter(HTTP_503)).isEqualTo(new RetryDecision(RetryDecision.Kind.RETRY, 0));
    }

    @Test
    void whenAllEndpointsAreTriedTheyAreTriedAgain() {
        BalancedCall call = TestService.of("10.0.0.1:80").call();
        call.nextAttempt().complete(HTTP_503);

        RetryDecision decision = call.retryAfter(HTTP_503);

        assertThat(decision.isRetry()).isTrue();
        assertThat(decision.delayNanos())
                .as("backs off, as there is nobody else")
                .isBetween(0L, 25_000_000L);
        assertThat(call.nextAttempt().endpoint().id()).isEqualTo("10.0.0.1:80");
    }

    @Test
    void theFirstRetryOnAnotherEndpointHasNoDelayAndTheThirdAttemptIsTheLast() {
        BalancedCall call = TestService.of(THREE).call();

        call.nextAttempt().complete(HTTP_503);
        assertThat(call.retryAfter(HTTP_503)).isEqualTo(new RetryDecision(RetryDecision.Kind.RETRY, 0));
        call.nextAttempt().complete(HTTP_503);
        assertThat(call.retryAfter(HTTP_503).kind()).isEqualTo(RetryDecision.Kind.RETRY);
        call.nextAttempt().complete(HTTP_503);
        assertThat(call.retryAfter(HTTP_503).kind()).isEqualTo(RetryDecision.Kind.STOP_ATTEMPTS);
    }

    @Test
    void aDeadConnectionFromThePoolIsReplacedForFreeOnceAndHarmsNobody() {
        TestService service = TestService.of(THREE);
        Outcome stale = Outcome.of(Outcome.Kind.STALE_CONNECTION, "closed while idle");
        BalancedCall call = service.call();
        call.nextAttempt().complete(stale);
        assertThat(call.retryAfter(stale).kind()).isEqualTo(RetryDecision.Kind.FREE_RETRY);
        call.nextAttempt().complete(stale);
        assertThat(call.retryAfter(stale).kind()).isEqualTo(RetryDecision.Kind.RETRY);
        assertThat(service.eventsOf(Event.Type.RETRY))
                .extracting(Event::detail)
                .containsExactly("closed while idle, not charged to the budget", "closed while idle");
        call.nextAttempt().complete(HTTP_503);
        assertThat(call.retryAfter(HTTP_503).kind())
                .as("the free one was not counted")
                .isEqualTo(RetryDecision.Kind.RETRY);

        assertThat(service.loadBalancer.endpoints())
                .filteredOn(status -> status.failures() > 0)
                .hasSize(1);
    }

    @Test
    void withoutTokensThereIsNoRetryAndThatIsAnnouncedOnceAWindow() {
        TestService service = TestService.with(
                settings -> settings.retryBudget(new RetryBudget.Settings(0.2, 0, Duration.ofSeconds(10))), THREE);

        for (int i = 0; i < 50; i++) {
            BalancedCall call = service.call();
            call.nextAttempt().complete(HTTP_503);
            assertThat(call.retryAfter(HTTP_503)).isEqualTo(RetryDecision.BUDGET_EXHAUSTED);
        }
        assertThat(service.eventsOf(Event.Type.BUDGET_EXHAUSTED)).hasSize(1);

        service.picks(50);
        for (int i = 0; i < 10; i++) {
            BalancedCall call = service.call();
            call.nextAttempt().complete(HTTP_503);
            assertThat(call.retryAfter(HTTP_503).isRetry())
                    .as("50 successes pay for 10 retries")
                    .isTrue();
        }
        BalancedCall call = service.call();
        call.nextAttempt().complete(HTTP_503);
        assertThat(call.retryAfter(HTTP_503).isRetry()).isFalse();
    }

    @Test
    void noRetryIsBegunThatCannotFinish() {
        TestService service = TestService.of(THREE);
        BalancedCall call = service.loadBalancer.newCall(RequestInfo.IDEMPOTENT.withTimeout(Duration.ofMillis(100)));
        Attempt attempt = call.nextAttempt();
        service.advance(Duration.ofMillis(100));
        attempt.complete(HTTP_503);

        assertThat(call.retryAfter(HTTP_503).kind()).isEqualTo(RetryDecision.Kind.STOP_DEADLINE);
    }

    @Test
    void aRefusedConnectionIsRetriedEvenForARequestThatMustNotRunTwice() {
        BalancedCall call = TestService.of(THREE).loadBalancer.newCall(new RequestInfo(false, false, 1_000_000_000));
        call.nextAttempt().complete(REFUSED);

        assertThat(call.retryAfter(REFUSED).isRetry()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_PROCESSED", "CONNECT_FAILED"})
    void whatNoServerHasWorkedOnTakesNeitherAttemptsNorTokens(Outcome.Kind kind) {
        Outcome refused = Outcome.of(kind, "refused");
        String[] ten =
                IntStream.range(0, 10).mapToObj(i -> "10.0.0." + i + ":80").toArray(String[]::new);
        TestService service = TestService.with(
                settings -> settings.retryBudget(new RetryBudget.Settings(0, 0.02, Duration.ofSeconds(10))),
                ten); // two tokens
        BalancedCall call = service.loadBalancer.newCall(RequestInfo.NON_IDEMPOTENT);
        Set<String> tried = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            Attempt attempt = call.nextAttempt();
            attempt.complete(refused);
            tried.add(attempt.endpoint().id());
            assertThat(call.retryAfter(refused).kind()).isEqualTo(RetryDecision.Kind.FREE_RETRY);
        }

        assertThat(tried).hasSize(8);
        BalancedCall failing = service.call();
        for (int i = 0; i < 2; i++) {
            failing.nextAttempt().complete(HTTP_503);
            assertThat(failing.retryAfter(HTTP_503).kind()).isEqualTo(RetryDecision.Kind.RETRY);
        }
    }

    @Test
    void aConnectionThatTimesOutIsOneOfTheAttempts() {
        TestService service = TestService.of("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80");
        BalancedCall call = service.call();
        for (int i = 0; i < 3; i++) {
            Attempt attempt = call.nextAttempt();
            service.advance(Duration.ofSeconds(10));
            attempt.complete(REFUSED);
            assertThat(call.retryAfter(REFUSED).kind())
                    .isEqualTo(i < 2 ? RetryDecision.Kind.RETRY : RetryDecision.Kind.STOP_ATTEMPTS);
        }
    }

    @Test
    void aCallDoesNotWalkOnToEndpointsThatAreKnownToRefuse() {
        TestService service = TestService.of(THREE);
        for (String id : THREE) {
            service.refuse(id);
        }
        BalancedCall call = service.call();
        call.nextAttempt().complete(REFUSED);

        assertThat(call.retryAfter(REFUSED).kind()).isEqualTo(RetryDecision.Kind.RETRY);
    }

    @Test
    void everyRetryIsAnEventThatSaysWhy() {
        TestService service = TestService.of(THREE);
        BalancedCall call = service.call();
        Attempt attempt = call.nextAttempt();
        attempt.complete(HTTP_503);
        call.retryAfter(HTTP_503);

        assertThat(service.eventsOf(Event.Type.RETRY))
                .singleElement()
                .hasToString("orders.svc: RETRY " + attempt.endpoint() + " – HTTP 503");
    }

    @Test
    void aCallIsAskedForRetriesOnlyAfterAnAttempt() {
        assertThatThrownBy(() -> TestService.of(THREE).call().retryAfter(HTTP_503))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("before nextAttempt()");
    }
}
