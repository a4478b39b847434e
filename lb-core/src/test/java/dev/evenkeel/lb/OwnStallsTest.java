package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Hedging;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What this client was late for itself, because it stood still, is not held against endpoints. */
class OwnStallsTest {
    private static final String A = "10.0.0.1:80";
    private static final String B = "10.0.0.2:80";
    private static final Outcome TIMED_OUT = Outcome.of(Outcome.Kind.TIMED_OUT, "no answer before the call's deadline");

    private final TestService service = inTurns();

    private static TestService inTurns() {
        return TestService.with(settings -> settings.policy(LoadBalancingPolicy.roundRobin()), A, B);
    }

    /** Has five attempts at one endpoint end in the same way, after something has happened. */
    private static void five(TestService service, Consumer<TestService> meanwhile, Outcome outcome) {
        List<Attempt> attempts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            attempts.add(service.attemptAt(A));
        }
        meanwhile.accept(service);
        attempts.forEach(attempt -> attempt.complete(outcome));
    }

    @ParameterizedTest
    @CsvSource({
        "3000, 3000, true",
        "3000, 600, true",
        "3000, 590, false",
        "30000, 3000, false",
        "200, 100, true",
        "200, 90, false"
    })
    void aStallExplainsWhatItTookANoticeablePartOf(long elapsedMillis, long stalledMillis, boolean explains) {
        assertThat(OwnStalls.explain(elapsedMillis * 1_000_000, stalledMillis * 1_000_000))
                .isEqualTo(explains);
    }

    @Test
    void timeoutsWhileTheClientStoodStillEjectNobody() {
        five(service, it -> it.time.stall(Duration.ofSeconds(3)), TIMED_OUT);
        assertThat(service.status(A).availability().isAvailable()).isTrue();
        assertThat(service.status(A).failures()).isZero();
        assertThat(service.status(A).latency()).isLessThan(Duration.ofMillis(1));

        TestService waiting = inTurns();
        five(waiting, it -> it.advance(Duration.ofSeconds(3)), TIMED_OUT);
        assertThat(waiting.status(A).availability().has(OutReason.EJECTED))
                .as("without a stall")
                .isTrue();
    }

    @Test
    void aStallBeforeAnAttemptExcusesNothing() {
        service.time.stall(Duration.ofSeconds(60));
        five(service, it -> it.advance(Duration.ofSeconds(3)), TIMED_OUT);

        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isTrue();
    }

    @Test
    void whatAnEndpointSaysIsBelievedThoughTheClientStoodStill() {
        five(service, it -> it.time.stall(Duration.ofSeconds(3)), TestService.HTTP_503);

        assertThat(service.status(A).availability().has(OutReason.EJECTED)).isTrue();
    }

    @Test
    void aConnectionThatWasNotMadeInTimeForAStallIsNoReasonToBeOut() {
        Attempt attempt = service.attemptAt(A);
        service.time.stall(Duration.ofSeconds(3));
        attempt.complete(TestService.REFUSED);
        assertThat(service.status(A).availability().isAvailable()).isTrue();

        service.refuse(A);
        assertThat(service.status(A).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
    }

    @Test
    void anAnswerThatAStallDelayedIsNoSlowOneAndYetAnAnswer() {
        service.picks(100);
        service.refuse(A);
        service.advance(Duration.ofSeconds(2));
        Attempt probe = service.attempt();
        assertThat(probe.isProbe()).isTrue();
        service.time.stall(Duration.ofSeconds(3));
        probe.complete(Outcome.SUCCESS);

        assertThat(service.status(A).availability().isAvailable()).isTrue();
        assertThat(service.status(A).latency()).isLessThan(Duration.ofMillis(1));
    }

    @Test
    void anAnswerThatBreaksOffForAStallIsNoFailure() {
        for (int i = 0; i < 5; i++) {
            Attempt attempt = service.attemptAt(A);
            attempt.answered(Outcome.SUCCESS);
            service.time.stall(Duration.ofSeconds(3));
            attempt.complete(TIMED_OUT);
        }
        assertThat(service.status(A).availability().isAvailable()).isTrue();
        assertThat(service.status(A).failures()).isZero();
    }

    @Test
    void whoLosesToAHedgeWhileTheClientStoodStillIsNotSlow() {
        TestService hedging = TestService.with(settings -> settings.hedging(Hedging.DEFAULT), A, B);
        Attempt attempt = hedging.attemptAt(A);
        hedging.time.stall(Duration.ofSeconds(3));
        attempt.complete(Outcome.HEDGE_LOST);

        assertThat(hedging.status(A).latency()).isLessThan(Duration.ofMillis(1));
    }

    @Test
    void checksThatTimeOutWhileTheClientStandsStillSayNothing() {
        HealthCheck silent = target -> new CompletableFuture<CheckResult>();
        TestService stalling = checked(silent);
        for (int i = 0; i < 40; i++) {
            stalling.time.stall(Duration.ofMillis(900));
            stalling.advance(Duration.ofMillis(100));
        }
        assertThat(stalling.status(A).availability().isAvailable()).isTrue();

        TestService waiting = checked(silent);
        waiting.advance(Duration.ofSeconds(40));
        assertThat(waiting.status(A).availability().has(OutReason.PROBE_FAILED))
                .as("without stalls")
                .isTrue();
    }

    private static TestService checked(HealthCheck check) {
        return TestService.with(settings -> settings.healthCheck(check, CheckSchedule.DEFAULT), A, B);
    }
}
