package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class HedgingTest {
    private static final long MS = 1_000_000;
    private static final Duration TYPICAL = Duration.ofMillis(20);

    private static TestService hedging() {
        return with(settings -> settings.hedging(Hedging.DEFAULT));
    }

    /** A service that has answered a thousand calls in 20 ms, a few in twice that. */
    private static TestService with(UnaryOperator<LoadBalancerBuilder> settings) {
        TestService service = TestService.with(settings, "a:80", "b:80", "c:80");
        for (int i = 0; i < 1000; i++) {
            answer(service, i % 15 == 0 ? TYPICAL.multipliedBy(2) : TYPICAL);
        }
        return service;
    }

    private static void answer(TestService service, Duration latency) {
        Attempt attempt = service.attempt();
        service.advance(latency);
        attempt.complete(Outcome.SUCCESS);
    }

    private static Attempt waitAndHedge(TestService service, BalancedCall call) {
        service.advance(Duration.ofNanos(call.hedgeDelayNanos()));
        return call.hedge();
    }

    @Test
    void callsMakeOneAttemptAtATimeUnlessHedgingIsAskedFor() {
        TestService service = with(settings -> settings);
        BalancedCall call = service.call();
        call.nextAttempt();

        assertThat(call.mayHedge()).isFalse();
        assertThat(call.hedgeDelayNanos()).isEqualTo(BalancedCall.NEVER);
        assertThat(call.hedge()).isNull();
    }

    @Test
    void aCallThatTakesLongerThanMostIsHedgedAtAnotherEndpoint() {
        TestService service = hedging();
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();

        assertThat(call.hedgeDelayNanos() / (double) MS).isCloseTo(40, within(10.0));
        assertThat(call.hedge()).isNull(); // too early
        Attempt hedge = waitAndHedge(service, call);

        assertThat(hedge.endpoint()).isNotEqualTo(first.endpoint());
        assertThat(call.mayHedge()).isTrue();
        assertThat(service.eventsOf(Event.Type.HEDGE)).singleElement().satisfies(event -> {
            assertThat(event.endpoint()).isEqualTo(first.endpoint());
            assertThat(event.detail()).startsWith("no answer in ").contains("asks " + hedge.endpoint() + " as well");
        });
    }

    @Test
    void aCallIsHedgedOnce() {
        TestService service = hedging();
        BalancedCall call = service.call();
        call.nextAttempt();
        waitAndHedge(service, call);

        assertThat(call.hedgeDelayNanos()).isEqualTo(BalancedCall.NEVER);
        service.advance(Duration.ofSeconds(1));
        assertThat(call.hedge()).isNull();
    }

    @Test
    void nothingIsHedgedBeforeItIsKnownWhatMostTake() {
        TestService service = TestService.with(settings -> settings.hedging(Hedging.DEFAULT), "a:80", "b:80");
        for (int i = 0; i < 19; i++) {
            answer(service, TYPICAL);
        }
        BalancedCall call = service.call();
        call.nextAttempt();

        assertThat(call.hedgeDelayNanos()).isEqualTo(BalancedCall.NEVER);
    }

    @Test
    void aRequestThatMustNotBeSentTwiceIsNeverHedged() {
        TestService service =
                with(settings -> settings.hedging(Hedging.DEFAULT).attemptTimeout(Duration.ofMillis(100)));
        for (RequestInfo request :
                new RequestInfo[] {RequestInfo.NON_IDEMPOTENT, new RequestInfo(true, false, RequestInfo.NO_TIMEOUT)}) {
            BalancedCall call = service.loadBalancer.newCall(request);
            call.nextAttempt();
            service.advance(Duration.ofSeconds(1));

            assertThat(call.mayHedge()).isFalse();
            assertThat(call.hedgeDelayNanos()).isEqualTo(BalancedCall.NEVER);
            assertThat(call.hedge()).isNull();
        }
    }

    @Test
    void aLoserIsNoFailureButItsEndpointIsKnownToBeSlow() {
        TestService service = hedging();
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();
        Attempt hedge = waitAndHedge(service, call);
        service.advance(TYPICAL.multipliedBy(2));
        hedge.complete(Outcome.SUCCESS);
        first.complete(Outcome.HEDGE_LOST);

        assertThat(service.status(first.endpoint().id())).satisfies(loser -> {
            assertThat(loser.failures()).isZero();
            assertThat(loser.inFlight()).isZero();
            assertThat(loser.latency()).isGreaterThan(Duration.ofMillis(70));
        });
    }

    @Test
    void anEndpointThatAnswersNoneOfManyLooksAsSlowAsOneThatFailsAndNotSlower() {
        TestService service =
                with(settings -> settings.hedging(Hedging.DEFAULT).policy(LoadBalancingPolicy.roundRobin()));
        for (int i = 0; i < 20; i++) {
            Attempt attempt = service.attemptAt("a:80");
            service.advance(TYPICAL);
            attempt.complete(Outcome.HEDGE_LOST);
        }
        assertThat(service.status("a:80").failures()).isZero();
        Attempt last = service.attemptAt("a:80");
        service.advance(TYPICAL);
        last.complete(Outcome.HEDGE_LOST);
        assertThat(service.status("a:80").latency()).isBetween(Duration.ofMillis(999), Duration.ofMillis(1001));
    }

    @Test
    void anEndpointThatAnswersAgainIsNoLongerHeldToHaveAnsweredNone() {
        TestService service = hedging();
        for (int i = 0; i < 10; i++) {
            service.attemptAt("a:80").complete(Outcome.HEDGE_LOST);
            service.attemptAt("a:80").complete(Outcome.SUCCESS);
        }
        Attempt lost = service.attemptAt("a:80");
        service.advance(Duration.ofMillis(100));
        lost.complete(Outcome.HEDGE_LOST);

        assertThat(service.status("a:80").latency()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void hedgesMustBePaidForBySuccessesAndTheMinimumOfTheBudgetIsNotForThem() {
        TestService service = with(settings -> settings.hedging(Hedging.DEFAULT));
        service.advance(Duration.ofSeconds(20)); // all successes are forgotten
        BalancedCall call = service.call();
        call.nextAttempt();

        assertThat(waitAndHedge(service, call)).isNull();
        assertThat(call.hedgeDelayNanos()).isLessThan(Duration.ofSeconds(1).toNanos()); // later, perhaps
    }

    @Test
    void retriesAndHedgesShareOneBudget() {
        TestService service = with(settings -> settings.hedging(new Hedging(0.95, Duration.ofMillis(1), 1))
                .retryBudget(new RetryBudget.Settings(0.01, 0, Duration.ofSeconds(10))));
        int hedges = 0;
        int retries = 0;
        for (int i = 0; i < 20; i++) {
            BalancedCall call = service.call();
            Attempt first = call.nextAttempt();
            Attempt hedge = i % 2 == 0 ? waitAndHedge(service, call) : null;
            hedges += hedge == null ? 0 : 1;
            if (hedge != null) {
                hedge.complete(Outcome.HEDGE_LOST);
            }
            first.complete(i % 2 == 0 ? Outcome.SUCCESS : TestService.HTTP_503);
            retries += i % 2 != 0 && call.retryAfter(TestService.HTTP_503).isRetry() ? 1 : 0;
        }
        assertThat(hedges).isPositive();
        assertThat(retries).isPositive();
        assertThat(hedges + retries).isEqualTo(4); // a hundredth of some 460 successes in 10 s, most of them at 20 ms
    }

    @Test
    void noMoreCallsAreHedgedThanTheShareAllows() {
        assertThat(hedgesOfHundred(0.1)).isGreaterThan(25);
        assertThat(hedgesOfHundred(0.02)).isBetween(5, 12);
    }

    /** Every other of two hundred calls is a little late, which is not yet a rise. */
    private static int hedgesOfHundred(double maxShare) {
        TestService service = with(settings -> settings.hedging(new Hedging(0.95, Duration.ofMillis(1), maxShare))
                .retryBudget(new RetryBudget.Settings(1, 0, Duration.ofSeconds(10))));
        int hedges = 0;
        for (int i = 0; i < 100; i++) {
            answer(service, Duration.ofMillis(1));
            answer(service, Duration.ofMillis(1));
            BalancedCall call = service.call();
            Attempt first = call.nextAttempt();
            Attempt hedge = waitAndHedge(service, call);
            first.complete(Outcome.SUCCESS);
            if (hedge != null) {
                hedges++;
                hedge.complete(Outcome.HEDGE_LOST);
            }
        }
        return hedges;
    }

    private static int hedgesOfFortyLateCalls(TestService service) {
        int hedges = 0;
        for (int i = 0; i < 40; i++) {
            BalancedCall call = service.call();
            Attempt first = call.nextAttempt();
            service.advance(Duration.ofNanos(call.hedgeDelayNanos()));
            Attempt hedge = call.hedge();
            service.advance(Duration.ofMillis(200));
            first.complete(Outcome.SUCCESS);
            if (hedge != null) {
                hedges++;
                hedge.complete(Outcome.HEDGE_LOST);
            }
        }
        return hedges;
    }

    @Test
    void nothingIsHedgedWhileMostCallsAreLateAndItBeginsAgainWhenThatIsKnown() {
        TestService service = hedging();
        assertThat(hedgesOfFortyLateCalls(service)).isBetween(1, 12);
        assertThat(hedgesOfFortyLateCalls(
                        with(settings -> settings.hedging(Hedging.DEFAULT).hedgeWhileSlow(true))))
                .as("unprotected")
                .isGreaterThan(15);

        for (int i = 0; i < 1500; i++) {
            answer(service, Duration.ofMillis(200));
        }
        BalancedCall call = service.call();
        call.nextAttempt();
        assertThat(call.hedgeDelayNanos()).isGreaterThan(190 * MS);
        assertThat(waitAndHedge(service, call)).isNotNull();
    }

    @Test
    void anAttemptIsNotWaitedForAloneAfterTheAttemptTimeout() {
        TestService service = with(settings -> settings.attemptTimeout(Duration.ofMillis(300)));
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();
        assertThat(call.hedgeDelayNanos()).isEqualTo(300 * MS);
        Attempt second = waitAndHedge(service, call);
        assertThat(call.hedgeDelayNanos()).isEqualTo(300 * MS);
        Attempt third = waitAndHedge(service, call);

        assertThat(call.hedgeDelayNanos()).isEqualTo(BalancedCall.NEVER); // three attempts are all it may make
        assertThat(first.endpoint()).isNotEqualTo(second.endpoint());
        third.complete(Outcome.SUCCESS);
        first.complete(Outcome.HEDGE_LOST);
        second.complete(Outcome.HEDGE_LOST);
        assertThat(service.status(first.endpoint().id()).failures()).isEqualTo(1);
        assertThat(service.status(second.endpoint().id()).failures()).isEqualTo(1);
        assertThat(service.status(third.endpoint().id()).failures()).isZero();
    }

    @Test
    void anAttemptThatAnswersAfterItsTimeoutIsASuccess() {
        TestService service = with(settings -> settings.attemptTimeout(Duration.ofMillis(300)));
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();
        Attempt second = waitAndHedge(service, call);
        first.complete(Outcome.SUCCESS);
        second.complete(Outcome.HEDGE_LOST);

        assertThat(service.status(first.endpoint().id()).failures()).isZero();
        assertThat(service.status(second.endpoint().id()).failures()).isZero(); // it had no time
    }

    @Test
    void anEndpointThatLetsFiveAttemptsTimeOutIsEjected() {
        TestService service = with(
                settings -> settings.attemptTimeout(Duration.ofMillis(300)).policy(LoadBalancingPolicy.roundRobin()));
        for (int i = 0; i < 5; i++) {
            Attempt attempt = service.attemptAt("a:80");
            service.advance(Duration.ofMillis(300));
            attempt.complete(Outcome.HEDGE_LOST);
        }
        assertThat(service.status("a:80").availability().toString()).contains("EJECTED");
    }

    @Test
    void withoutATokenAnAttemptRunsOnAfterItsTimeout() {
        TestService service = with(settings -> settings.attemptTimeout(Duration.ofMillis(300))
                .retryBudget(new RetryBudget.Settings(0, 0, Duration.ofSeconds(10))));
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();

        assertThat(waitAndHedge(service, call)).isNull();
        assertThat(call.hedgeDelayNanos()).isEqualTo(300 * MS); // a token may come
        assertThat(waitAndHedge(service, call)).isNull();
        assertThat(call.hedgeDelayNanos()).isEqualTo(600 * MS);
        first.complete(Outcome.SUCCESS);
        assertThat(service.status(first.endpoint().id()).failures()).isZero();
        assertThat(service.eventsOf(Event.Type.BUDGET_EXHAUSTED)).hasSize(1);
    }

    @Test
    void aHedgeAndAnAttemptTimeoutFollowEachOther() {
        TestService service =
                with(settings -> settings.hedging(Hedging.DEFAULT).attemptTimeout(Duration.ofMillis(300)));
        BalancedCall call = service.call();
        call.nextAttempt();
        Attempt hedge = waitAndHedge(service, call);

        assertThat(hedge).isNotNull();
        assertThat(call.hedgeDelayNanos()).isEqualTo(300 * MS);
        assertThat(waitAndHedge(service, call)).isNotNull();
    }

    @Test
    void nothingIsMadeBesideWhereNobodyElseIsLeft() {
        TestService service = TestService.with(settings -> settings.attemptTimeout(Duration.ofMillis(100)), "a:80");
        BalancedCall call = service.call();
        call.nextAttempt();

        assertThat(waitAndHedge(service, call)).isNull();
    }

    @Test
    void nothingIsMadeBesideWhenTheTimeOfTheCallIsOver() {
        TestService service = with(settings -> settings.attemptTimeout(Duration.ofMillis(100)));
        BalancedCall call = service.loadBalancer.newCall(RequestInfo.IDEMPOTENT.withTimeout(Duration.ofMillis(100)));
        call.nextAttempt();

        assertThat(waitAndHedge(service, call)).isNull();
    }

    @Test
    void aLimitInFlightHoldsForHedgesAndCostsNoToken() {
        TestService service = with(settings -> settings.attemptTimeout(Duration.ofMillis(100))
                .maxInFlight(1)
                .retryBudget(new RetryBudget.Settings(0, 0.1, Duration.ofSeconds(10))));
        BalancedCall limited = service.call();
        Attempt first = limited.nextAttempt();
        assertThat(waitAndHedge(service, limited)).isNull();

        first.complete(TestService.HTTP_503);
        assertThat(limited.retryAfter(TestService.HTTP_503).isRetry()).isTrue(); // the one token is still there
    }

    @Test
    void aHedgeNeverGoesToAnEndpointThatWasTriedEvenIfTheOthersAreFull() {
        TestService service = TestService.with(
                settings -> settings.attemptTimeout(Duration.ofMillis(100)).maxInFlightPerEndpoint(1), "a:80", "b:80");
        Attempt other = service.attempt();
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();
        assertThat(waitAndHedge(service, call)).isNull();

        other.complete(Outcome.SUCCESS);
        Attempt beside = waitAndHedge(service, call);
        assertThat(beside).isNotNull();
        assertThat(beside.endpoint()).isEqualTo(other.endpoint()).isNotEqualTo(first.endpoint());
    }

    @Test
    void anAttemptThatTriesAnEndpointWhichIsOutIsToRunToItsEnd() {
        TestService service = with(settings -> settings.attemptTimeout(Duration.ofMillis(100)));
        service.refuse("a:80");
        service.advance(Duration.ofSeconds(2));
        BalancedCall call = service.call();
        Attempt probe = call.nextAttempt();
        Attempt beside = waitAndHedge(service, call);

        assertThat(probe.isDecisive()).isTrue();
        assertThat(beside.isDecisive()).isFalse();
        beside.complete(Outcome.SUCCESS);
        probe.complete(Outcome.SUCCESS);
        assertThat(service.status("a:80").availability().isAvailable()).isTrue();
    }

    @Test
    void askingBeforeTheFirstAttemptIsRefused() {
        BalancedCall call = hedging().call();

        assertThatThrownBy(call::hedge).hasMessage("hedge() was called before nextAttempt()");
        assertThatThrownBy(call::hedgeDelayNanos).hasMessage("hedgeDelayNanos() was called before nextAttempt()");
    }

    @Test
    void settingsThatCouldHaveNoEffectAreRefused() {
        assertThatThrownBy(
                        () -> with(settings -> settings.hedging(Hedging.DEFAULT).retry(RetryPolicy.NONE)))
                .hasMessageContainingAll("Hedging", "no effect", "retry.maxAttempts is 1");
        assertThatThrownBy(() -> with(settings ->
                        settings.attemptTimeout(Duration.ofMillis(100)).retry(RetryPolicy.NONE)))
                .hasMessageContainingAll("attemptTimeout is PT0.1S", "no effect", "retry.maxAttempts is 1");
        assertThatThrownBy(() -> with(settings -> settings.hedging(Hedging.DEFAULT)
                        .retryBudget(new RetryBudget.Settings(0, 10, Duration.ofSeconds(10)))))
                .hasMessageContainingAll("Hedging", "no effect", "retryBudget.ratio is 0");
        assertThatThrownBy(() -> with(settings -> settings.hedgeWhileSlow(true)))
                .hasMessageContainingAll("hedgeWhileSlow is true", "no effect", "attemptTimeout");
        assertThatThrownBy(() -> with(settings -> settings.attemptTimeout(Duration.ZERO)))
                .hasMessage("attemptTimeout is PT0S, must be 1 ms to 1 day");
    }

    @Test
    void valuesThatAreNotAllowedAreNamed() {
        assertThatThrownBy(() -> new Hedging(1, Duration.ofMillis(1), 0.1))
                .hasMessage("hedging.percentile is 1.0, must be 0.5 to 0.999");
        assertThatThrownBy(() -> new Hedging(0.95, Duration.ZERO, 0.1))
                .hasMessage("hedging.minDelay is PT0S, must be 1 ms to 60 s");
        assertThatThrownBy(() -> new Hedging(0.95, Duration.ofMillis(1), 0))
                .hasMessage("hedging.maxShare is 0.0, must be more than 0 and at most 1");
    }

    @Test
    void whatIsSetIsDescribed() {
        TestService service =
                with(settings -> settings.hedging(Hedging.DEFAULT).attemptTimeout(Duration.ofMillis(300)));

        assertThat(service.loadBalancer.describe())
                .contains(
                        "\n  hedging = after p95 and at least 1 ms, at most 0.1 per success\n  attemptTimeout = 300 ms\n  hedgeWhileSlow = false\n");
    }
}
