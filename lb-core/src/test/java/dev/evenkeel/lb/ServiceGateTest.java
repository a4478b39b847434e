package dev.evenkeel.lb;

import static dev.evenkeel.lb.TestService.HTTP_503;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryDecision;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The service's circuit breaker, and its limit of attempts in flight. */
class ServiceGateTest {
    private static final String[] TWO = {"10.0.0.1:80", "10.0.0.2:80"};
    private static final CircuitBreakerConfig QUICK = CircuitBreakerConfig.from(Breaker.DEFAULT)
            .minimumNumberOfCalls(4)
            .permittedNumberOfCallsInHalfOpenState(2)
            .build();

    /** Longer than the 10 s that it is open, with their jitter. */
    private static final Duration OPEN = Duration.ofMillis(11_001);

    private final TestService service = TestService.with(settings -> settings.serviceBreaker(QUICK), TWO);

    private void failFourTimes() {
        IntStream.range(0, 4).forEach(i -> service.attempt().complete(HTTP_503));
    }

    @Test
    void withoutABreakerAFailingServiceIsStillTried() {
        TestService plain = TestService.of(TWO);
        IntStream.range(0, 100).forEach(i -> plain.attempt().complete(HTTP_503));

        assertThat(plain.attempt()).isNotNull();
    }

    @Test
    void whileItIsOpenPicksFailAtOnceAndSayUntilWhen() {
        failFourTimes();
        service.advance(Duration.ofSeconds(2));

        assertThatThrownBy(service::attempt)
                .isInstanceOf(NoEndpointException.class)
                .hasMessageMatching(
                        "orders.svc: circuit breaker open, half-open in [789]\\.\\d s: 4 of 4 attempts failed")
                .extracting(e -> ((NoEndpointException) e).reason())
                .isEqualTo(NoEndpointException.Reason.LIMIT);
        assertThat(service.loadBalancer.describe())
                .containsPattern("2 available, circuit breaker open, half-open in [789]\\.\\d s");
        assertThat(service.eventsOf(Event.Type.UNAVAILABLE)).singleElement().satisfies(event -> {
            assertThat(event.endpoint()).isNull();
            assertThat(event.detail()).contains("4 of 4 attempts failed");
        });
    }

    @Test
    void timeAloneMakesItHalfOpenAndItsPermitsDecide() {
        failFourTimes();
        service.advance(OPEN);
        assertThat(service.eventsOf(Event.Type.SUSPECTED)).hasSize(1);
        Attempt first = service.attempt();
        Attempt second = service.attempt();
        assertThatThrownBy(service::attempt).hasMessageContaining("circuit breaker half-open, up to 2 attempts try");

        first.complete(Outcome.SUCCESS);
        second.complete(Outcome.SUCCESS);

        assertThat(service.picks(100)).hasSize(100);
        assertThat(service.eventsOf(Event.Type.AVAILABLE)).hasSize(1);
    }

    @Test
    void trialsThatFailOpenItAgainAndTheNextHalfOpenComesByItself() {
        failFourTimes();
        service.advance(OPEN);
        service.attempt().complete(HTTP_503);
        service.attempt().complete(HTTP_503);
        assertThatThrownBy(service::attempt).hasMessageContaining("circuit breaker open, half-open in ");

        service.advance(OPEN);
        assertThat(service.picks(10)).hasSize(10);
    }

    @Test
    void permitsAreGivenBackByWhatSaysNothingAndWhenNobodyCanBePicked() {
        failFourTimes();
        service.advance(OPEN);
        IntStream.range(0, 10).forEach(i -> service.attempt().complete(Outcome.CANCELLED));
        service.source.set(List.of());
        IntStream.range(0, 10)
                .forEach(i -> assertThatThrownBy(service::attempt).hasMessageContaining("has no endpoints"));
        service.source.set(List.of(Endpoint.of(TWO[0])));

        assertThat(service.picks(2)).hasSize(2);
        assertThat(service.picks(100)).hasSize(100);
    }

    @Test
    void whatBeganBeforeItOpenedDoesNotCloseIt() {
        List<Attempt> late = new ArrayList<>();
        IntStream.range(0, 10).forEach(i -> late.add(service.attempt()));
        service.advance(Duration.ofMillis(1));
        failFourTimes();
        service.advance(OPEN);
        late.forEach(attempt -> attempt.complete(Outcome.SUCCESS));

        service.attempt();
        service.attempt();
        assertThatThrownBy(service::attempt).hasMessageContaining("half-open");
    }

    @Test
    void anAnswerThatBreaksOffCountsAsAFailureBesides() {
        for (int i = 0; i < 2; i++) {
            Attempt attempt = service.attempt();
            attempt.answered(Outcome.SUCCESS);
            attempt.complete(Outcome.of(Outcome.Kind.BODY_BROKEN, "reset"));
        }
        assertThatThrownBy(service::attempt).hasMessageContaining("2 of 4 attempts failed");
    }

    @Test
    void oneAttemptMoreThanTheServiceMayHaveFailsAtOnce() {
        TestService limited = TestService.with(settings -> settings.maxInFlight(3), TWO);
        List<Attempt> open = new ArrayList<>();
        IntStream.range(0, 3).forEach(i -> open.add(limited.attempt()));
        assertThatThrownBy(limited::attempt)
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc has 3 attempts in flight, as many as maxInFlight allows");

        open.get(0).complete(Outcome.SUCCESS);
        open.get(0).complete(Outcome.SUCCESS); // counts once
        limited.attempt();
        assertThatThrownBy(limited::attempt).isInstanceOf(NoEndpointException.class);
    }

    @Test
    void anAttemptIsInFlightUntilItsBodyEnds() {
        TestService limited = TestService.with(settings -> settings.maxInFlight(1), TWO);
        Attempt attempt = limited.attempt();
        attempt.answered(Outcome.SUCCESS);
        assertThatThrownBy(limited::attempt).isInstanceOf(NoEndpointException.class);
        attempt.complete(Outcome.SUCCESS);
        assertThat(limited.attempt()).isNotNull();
    }

    @Test
    void anAttemptThatFoundNobodyIsNotInFlight() {
        TestService limited = TestService.with(settings -> settings.maxInFlight(1));
        IntStream.range(0, 5)
                .forEach(i -> assertThatThrownBy(limited::attempt).hasMessageContaining("has no endpoints"));
    }

    @Test
    void aRetryThatTheOpenBreakerWouldRefuseCostsNoToken() {
        RetryBudget.Settings ten = new RetryBudget.Settings(0, 1, Duration.ofSeconds(10));
        TestService paying =
                TestService.with(settings -> settings.serviceBreaker(QUICK).retryBudget(ten), TWO);
        List<BalancedCall> calls = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            BalancedCall call = paying.call();
            call.nextAttempt().complete(HTTP_503);
            calls.add(call);
        }

        for (int i = 0; i < 100; i++) {
            assertThat(calls.get(i % 4).retryAfter(HTTP_503)).isEqualTo(RetryDecision.LIMITED);
        }
        assertThat(paying.eventsOf(Event.Type.BUDGET_EXHAUSTED)).isEmpty();
        paying.advance(OPEN);
        paying.picks(2);
        BalancedCall later = paying.call();
        later.nextAttempt().complete(HTTP_503);
        assertThat(later.retryAfter(HTTP_503).isRetry()).isTrue();
    }

    @Test
    void aRetryFindsRoomInTheLimitIfItsOwnCallMakesIt() {
        TestService limited = TestService.with(settings -> settings.maxInFlight(2), TWO);
        BalancedCall call = limited.call();
        Attempt answered = call.nextAttempt();
        answered.answered(HTTP_503);
        Attempt other = limited.attempt();
        assertThat(call.retryAfter(HTTP_503).isRetry())
                .as("its body is thrown away before the retry")
                .isTrue();
        answered.complete(Outcome.SUCCESS);
        limited.attempt();
        assertThat(call.retryAfter(HTTP_503)).isEqualTo(RetryDecision.LIMITED);
        other.complete(Outcome.SUCCESS);
        assertThat(call.retryAfter(HTTP_503).isRetry()).isTrue();
    }

    @Test
    void settingsThatWouldNotHaveTheirMeaningAreRefused() {
        assertThatThrownBy(() -> TestService.with(settings -> settings.maxInFlight(0), TWO))
                .hasMessage("maxInFlight is 0, must be 1 to 1000000");
        assertThatThrownBy(() -> TestService.with(settings -> settings.maxInFlightPerEndpoint(-1), TWO))
                .hasMessage("maxInFlightPerEndpoint is -1, must be 1 to 1000000");
        CircuitBreakerConfig systemClock = CircuitBreakerConfig.custom()
                .slidingWindow(10, 5, SlidingWindowType.TIME_BASED, SlidingWindowSynchronizationStrategy.LOCK_FREE)
                .build();
        assertThatThrownBy(() -> TestService.with(settings -> settings.serviceBreaker(systemClock), TWO))
                .hasMessageStartingWith("serviceBreaker.slidingWindow is TIME_BASED and LOCK_FREE");
    }

    @Test
    void whatIsSetIsDescribed() {
        String described = TestService.with(
                        settings -> settings.serviceBreaker(Breaker.DEFAULT).maxInFlight(100), TWO)
                .loadBalancer
                .describe();
        assertThat(described)
                .contains(
                        "serviceBreaker = 50 % failures, or 100 % slower than 60000 ms, of 20 or more attempts in 10 s\n",
                        "maxInFlight = 100\n");
    }
}
