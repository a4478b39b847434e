package dev.evenkeel.lb.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {
    private static final long FOREVER = RequestInfo.NO_TIMEOUT;
    private static final long MILLI = 1_000_000;

    private final ScriptedRandom random = ScriptedRandom.seeded(1);

    /** Every kind with each of: idempotent and replayable, idempotent only, replayable only, neither. */
    private static final String TABLE = """
            SUCCESS          | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            REJECTED         | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            FAILED           | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            UNAVAILABLE      | RETRY       | STOP_NOT_REPLAYABLE | STOP_NOT_IDEMPOTENT | STOP_NOT_IDEMPOTENT
            CONNECT_FAILED   | RETRY       | RETRY               | RETRY               | RETRY
            UNTRUSTED        | RETRY       | RETRY               | RETRY               | RETRY
            NOT_PROCESSED    | FREE_RETRY  | STOP_NOT_REPLAYABLE | FREE_RETRY          | STOP_NOT_REPLAYABLE
            STALE_CONNECTION | FREE_RETRY  | STOP_NOT_REPLAYABLE | STOP_NOT_IDEMPOTENT | STOP_NOT_IDEMPOTENT
            BROKEN           | RETRY       | STOP_NOT_REPLAYABLE | STOP_NOT_IDEMPOTENT | STOP_NOT_IDEMPOTENT
            TIMED_OUT        | RETRY       | STOP_NOT_REPLAYABLE | STOP_NOT_IDEMPOTENT | STOP_NOT_IDEMPOTENT
            BODY_BROKEN      | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            PUSHBACK         | RETRY       | STOP_NOT_REPLAYABLE | STOP_NOT_IDEMPOTENT | STOP_NOT_IDEMPOTENT
            CANCELLED        | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            HEDGE_LOST       | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            NOT_SENT         | STOP_FINAL  | STOP_FINAL          | STOP_FINAL          | STOP_FINAL
            """;

    @ParameterizedTest
    @MethodSource("rows")
    void repeatsWhatIsSafeAndUsefulToRepeat(List<String> row) {
        Outcome.Kind kind = Outcome.Kind.valueOf(row.get(0));
        List<RetryDecision.Kind> decisions = Stream.of(
                        request(true, true), request(true, false), request(false, true), request(false, false))
                .map(request -> decide(Outcome.of(kind, "test"), request, firstAttempt())
                        .kind())
                .toList();

        assertThat(decisions)
                .containsExactlyElementsOf(
                        row.stream().skip(1).map(RetryDecision.Kind::valueOf).toList());
    }

    @Test
    void theTableKnowsEveryKind() {
        assertThat(rows().map(row -> row.get(0)))
                .containsExactlyElementsOf(
                        Arrays.stream(Outcome.Kind.values()).map(Enum::name).toList());
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsRepeatedOnceAllAttemptsAreUsed(Outcome.Kind kind) {
        RetryPolicy.Progress third = new RetryPolicy.Progress(3, 20, true, true, true, FOREVER);

        assertThat(decide(shortPushback(kind), RequestInfo.IDEMPOTENT, third).isRetry())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, STOP_ATTEMPTS", "2, 1, RETRY", "2, 2, STOP_ATTEMPTS", "3, 2, RETRY", "3, 3, STOP_ATTEMPTS"})
    void theFirstAttemptCounts(int maxAttempts, int made, RetryDecision.Kind expected) {
        RetryPolicy policy = new RetryPolicy(maxAttempts, Backoff.DEFAULT);

        assertThat(policy.decide(
                                Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503"),
                                RequestInfo.IDEMPOTENT,
                                progress(made, true),
                                random)
                        .kind())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(names = {"STALE_CONNECTION", "CONNECT_FAILED"})
    void whatWasNotTheEndpointsFaultIsRepeatedForFreeOnce(Outcome.Kind kind) {
        Outcome outcome = Outcome.of(kind, "test");
        RetryPolicy.Progress probe = new RetryPolicy.Progress(3, 0, true, true, false, FOREVER);
        RetryPolicy.Progress again = new RetryPolicy.Progress(2, 1, true, true, false, FOREVER);

        assertThat(decide(outcome, RequestInfo.IDEMPOTENT, probe))
                .as("even after the last attempt")
                .isEqualTo(new RetryDecision(RetryDecision.Kind.FREE_RETRY, 0));
        assertThat(decide(outcome, RequestInfo.IDEMPOTENT, again).kind()).isEqualTo(RetryDecision.Kind.RETRY);
    }

    @Test
    void aConnectionThatFailsIsFreeOnlyForAProbeAndWhereItIsRefusedAndAnotherEndpointIsLeft() {
        assertThat(decide(Outcome.of(Outcome.Kind.CONNECT_FAILED, "refused"), RequestInfo.IDEMPOTENT, firstAttempt())
                        .kind())
                .isEqualTo(RetryDecision.Kind.RETRY);
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_PROCESSED", "CONNECT_FAILED"})
    void whatNoServerHasWorkedOnIsRepeatedForFreeTwentyTimesAndThenCounts(Outcome.Kind kind) {
        Outcome outcome = Outcome.of(kind, "refused");
        for (int free = 0; free < 20; free++) {
            assertThat(decide(outcome, RequestInfo.NON_IDEMPOTENT, walking(3, free))
                            .kind())
                    .isEqualTo(RetryDecision.Kind.FREE_RETRY);
        }

        assertThat(decide(outcome, RequestInfo.NON_IDEMPOTENT, walking(1, 20)).kind())
                .isEqualTo(RetryDecision.Kind.RETRY);
        assertThat(decide(outcome, RequestInfo.NON_IDEMPOTENT, walking(3, 20)).kind())
                .isEqualTo(RetryDecision.Kind.STOP_ATTEMPTS);
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_PROCESSED", "CONNECT_FAILED"})
    void withRetriesTurnedOffNotEvenThatIsRepeated(Outcome.Kind kind) {
        RetryDecision decision =
                RetryPolicy.NONE.decide(Outcome.of(kind, "refused"), RequestInfo.IDEMPOTENT, walking(1, 0), random);

        assertThat(decision.kind()).isEqualTo(RetryDecision.Kind.STOP_ATTEMPTS);
    }

    /** Bounds in milliseconds, by how often the call was refused before. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 25", "2, 50", "3, 100", "4, 200", "5, 250", "19, 250"})
    void aRequestThatIsNotProcessedAgainIsRepeatedAfterAPause(int before, long boundMillis) {
        Outcome refused = Outcome.of(Outcome.Kind.NOT_PROCESSED, "REFUSED_STREAM");
        long longest = 0;
        for (int i = 0; i < 1_000; i++) {
            longest = Math.max(
                    longest,
                    decide(refused, RequestInfo.IDEMPOTENT, walking(1, before)).delayNanos());
        }

        assertThat(longest).isBetween(boundMillis * MILLI * 98 / 100, boundMillis * MILLI);
    }

    @Test
    void aConnectionThatIsRefusedCostsNoPause() {
        assertThat(decide(Outcome.of(Outcome.Kind.CONNECT_FAILED, "refused"), RequestInfo.IDEMPOTENT, walking(1, 5)))
                .isEqualTo(new RetryDecision(RetryDecision.Kind.FREE_RETRY, 0));
    }

    private static RetryPolicy.Progress walking(int paid, int free) {
        return new RetryPolicy.Progress(paid, free, false, true, true, FOREVER);
    }

    @ParameterizedTest
    @EnumSource(
            names = {"STALE_CONNECTION", "CONNECT_FAILED", "NOT_PROCESSED"},
            mode = EnumSource.Mode.EXCLUDE)
    void nothingElseIsFree(Outcome.Kind kind) {
        RetryPolicy.Progress probe = new RetryPolicy.Progress(1, 0, true, true, true, FOREVER);

        assertThat(decide(shortPushback(kind), RequestInfo.IDEMPOTENT, probe).kind())
                .isNotEqualTo(RetryDecision.Kind.FREE_RETRY);
    }

    @Test
    void anUntrustedEndpointIsNotAskedAgain() {
        assertThat(decide(Outcome.of(Outcome.Kind.UNTRUSTED, "wrong name"), RequestInfo.IDEMPOTENT, progress(1, false))
                        .kind())
                .isEqualTo(RetryDecision.Kind.STOP_UNTRUSTED);
    }

    @ParameterizedTest
    @CsvSource({"0, STOP_PUSHBACK", "1, RETRY", "250, RETRY", "251, STOP_PUSHBACK", "60000, STOP_PUSHBACK"})
    void onlyAPauseNoLongerThanABackoffIsWaitedFor(long millis, RetryDecision.Kind expected) {
        Outcome pushback = Outcome.pushback("HTTP 429", Duration.ofMillis(millis));

        RetryDecision decision = decide(pushback, RequestInfo.IDEMPOTENT, progress(1, false));

        assertThat(decision.kind()).isEqualTo(expected);
        assertThat(decision.delayNanos())
                .as("the pause, or a backoff of at most 25 ms")
                .isBetween(
                        decision.isRetry() ? millis * MILLI : 0, decision.isRetry() ? Math.max(millis, 25) * MILLI : 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 250, 251, 120_000, Long.MAX_VALUE / MILLI})
    void aPauseIsForTheEndpointThatAskedForItAndNotForAnother(long millis) {
        Outcome pushback = Outcome.pushback("HTTP 503", Duration.ofMillis(millis));

        assertThat(decide(pushback, RequestInfo.IDEMPOTENT, firstAttempt()))
                .isEqualTo(new RetryDecision(RetryDecision.Kind.RETRY, 0));
        assertThat(decide(pushback, RequestInfo.IDEMPOTENT, progress(2, true)).delayNanos())
                .as("the usual backoff")
                .isBetween(0L, 25 * MILLI);
    }

    @Test
    void theServersPauseIsALowerBoundOfOurs() {
        Outcome pushback = Outcome.pushback("HTTP 429", Duration.ofMillis(30));
        for (int i = 0; i < 200; i++) {
            assertThat(decide(pushback, RequestInfo.IDEMPOTENT, progress(2, false))
                            .delayNanos())
                    .isBetween(30 * MILLI, 50 * MILLI);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void nothingIsRepeatedWhenTheTimeIsOver(long remaining) {
        for (Outcome.Kind kind : Outcome.Kind.values()) {
            RetryPolicy.Progress late = new RetryPolicy.Progress(1, 0, true, true, true, remaining);

            assertThat(decide(shortPushback(kind), RequestInfo.IDEMPOTENT, late).isRetry())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"100, STOP_DEADLINE", "101, RETRY"})
    void thereIsNoRetryThatCouldNotBegin(long remainingMillis, RetryDecision.Kind expected) {
        RetryPolicy.Progress progress = new RetryPolicy.Progress(1, 0, false, false, false, remainingMillis * MILLI);

        assertThat(decide(Outcome.pushback("HTTP 429", Duration.ofMillis(100)), RequestInfo.IDEMPOTENT, progress)
                        .kind())
                .isEqualTo(expected);
    }

    @Test
    void theFirstRetryOnAnUntriedEndpointDoesNotWait() {
        assertThat(failed(firstAttempt()).delayNanos()).isZero();
    }

    /** Bounds in milliseconds; on an untried endpoint the first retry has had no pause, so the second has the first bound. */
    @ParameterizedTest
    @CsvSource({
        "1, false, 25",
        "2, false, 50",
        "3, false, 100",
        "4, false, 200",
        "5, false, 250",
        "9, false, 250",
        "2, true, 25",
        "3, true, 50",
        "5, true, 200",
        "6, true, 250"
    })
    void pausesAreSpreadEvenlyUpToABoundThatDoubles(int made, boolean untriedLeft, long boundMillis) {
        RetryPolicy policy = new RetryPolicy(10, Backoff.DEFAULT);
        Outcome outcome = Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503");
        long[] pauses = new long[2_000];
        for (int i = 0; i < pauses.length; i++) {
            pauses[i] = policy.decide(outcome, RequestInfo.IDEMPOTENT, progress(made, untriedLeft), random)
                    .delayNanos();
        }

        double bound = (double) boundMillis * MILLI;
        assertThat(Arrays.stream(pauses).max().orElseThrow() / bound).isBetween(0.99, 1.0);
        assertThat(Arrays.stream(pauses).min().orElseThrow() / bound).isBetween(0.0, 0.01);
        assertThat(Arrays.stream(pauses).average().orElseThrow() / bound).isBetween(0.47, 0.53);
    }

    @Test
    void aPauseOfNothingIsAllowed() {
        Backoff none = new Backoff(Duration.ZERO, Duration.ZERO);

        assertThat(none.pauseNanos(5, random)).isZero();
    }

    @Test
    void pausesDoNotOverflow() {
        Backoff long_ = new Backoff(Duration.ofDays(1), Duration.ofDays(100_000));

        assertThat(long_.pauseNanos(1_000, random))
                .isBetween(0L, Duration.ofDays(100_000).toNanos());
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 11})
    void aWrongNumberOfAttemptsIsRejected(int attempts) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RetryPolicy(attempts, Backoff.DEFAULT))
                .withMessage("retry.maxAttempts is " + attempts + ", must be 1 to 10");
    }

    @Test
    void aWrongBackoffIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofMillis(-1), Duration.ZERO))
                .withMessage("backoff.base is PT-0.001S, must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofMillis(2), Duration.ofMillis(1)))
                .withMessage("backoff.max is PT0.001S, must be at least backoff.base, PT0.002S");
    }

    static Stream<List<String>> rows() {
        return TABLE.lines().map(line -> List.of(line.trim().split("\\s*\\|\\s*")));
    }

    private static Outcome shortPushback(Outcome.Kind kind) {
        return new Outcome(kind, "test", kind == Outcome.Kind.PUSHBACK ? MILLI : 0);
    }

    private RetryDecision failed(RetryPolicy.Progress progress) {
        return decide(Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503"), RequestInfo.IDEMPOTENT, progress);
    }

    private RetryDecision decide(Outcome outcome, RequestInfo request, RetryPolicy.Progress progress) {
        return RetryPolicy.DEFAULT.decide(outcome, request, progress, random);
    }

    private static RequestInfo request(boolean idempotent, boolean replayable) {
        return new RequestInfo(idempotent, replayable, FOREVER);
    }

    private static RetryPolicy.Progress firstAttempt() {
        return progress(1, true);
    }

    private static RetryPolicy.Progress progress(int attempts, boolean untriedLeft) {
        return new RetryPolicy.Progress(attempts, 0, false, untriedLeft, false, FOREVER);
    }
}
