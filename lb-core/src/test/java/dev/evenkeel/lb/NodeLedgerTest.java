package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeLedgerTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    private final NodeLedger ledger = new NodeLedger(Usual.unknown());

    @Test
    void countsWhatIsInFlightFinishedAndFailed() {
        ledger.start(0);
        ledger.start(1);
        ledger.answered(0);
        ledger.fail(1, 1);
        ledger.finish();

        assertThat(ledger.inFlight()).isEqualTo(1);
        assertThat(ledger.finished()).isEqualTo(1);
        assertThat(ledger.failed()).isEqualTo(1);
    }

    @Test
    void aRowOfFailuresLastsSinceItsFirst() {
        assertThat(ledger.rowNanos(SECOND)).isZero();
        ledger.fail(1, SECOND);
        ledger.fail(1, 2 * SECOND);
        assertThat(ledger.rowNanos(3 * SECOND)).isEqualTo(2 * SECOND);

        ledger.succeed(1, 3 * SECOND);
        assertThat(ledger.rowNanos(3 * SECOND)).isZero();
        ledger.timeOut(1, 4 * SECOND);
        assertThat(ledger.rowNanos(5 * SECOND)).isEqualTo(SECOND);
    }

    /** A small client that tries again and meets a full queue has seen one burst and not two. */
    @Test
    void aRowThatGoesOnAfterASilenceLastsSinceThen() {
        ledger.fail(1, SECOND);
        ledger.fail(1, 5 * SECOND);
        ledger.fail(1, 11 * SECOND);

        assertThat(ledger.failedInARow()).isEqualTo(3);
        assertThat(ledger.rowNanos(12 * SECOND)).isEqualTo(SECOND);
    }

    @Test
    void staysUnmeasuredUntilTheFirstAnswer() {
        ledger.start(0);

        assertThat(ledger.latencyNanos(5 * SECOND)).isZero();
    }

    @Test
    void aFailureIsAMeasurementAndASlowOne() {
        ledger.start(0);
        ledger.answered(0);
        ledger.fail(1, 1);

        assertThat(ledger.latencyNanos(1)).isEqualTo(SECOND);
    }

    /** Or one endpoint of many with one worker each would be shunned for its bad luck, and the others overloaded. */
    @Test
    void aTimeoutWhereOthersWereJustAnsweredCostsWhatItTook() {
        ledger.succeed(100 * MILLI, SECOND);

        assertThat(ledger.timeOut(400 * MILLI, 2 * SECOND)).isEqualTo(1);

        assertThat(ledger.latencyNanos(2 * SECOND)).isCloseTo(400 * MILLI, withinPercentage(0.01));
        assertThat(ledger.isFailing()).isFalse();
        assertThat(ledger.failed()).isEqualTo(1);
        assertThat(ledger.failedInARow()).isEqualTo(1);
    }

    @Test
    void theNextTimeoutInARowCostsAsMuchAsAnyFailure() {
        ledger.succeed(100 * MILLI, SECOND);
        ledger.timeOut(400 * MILLI, 2 * SECOND);

        assertThat(ledger.timeOut(400 * MILLI, 2 * SECOND)).isEqualTo(2);

        assertThat(ledger.latencyNanos(2 * SECOND)).isEqualTo(SECOND);
        assertThat(ledger.isFailing()).as("late, and not quick to fail").isFalse();
    }

    /** A client of few calls should not need several of them to find out a black hole. */
    @Test
    void aTimeoutWhereNobodyWasAnsweredLatelyCostsAsMuchAsAnyFailure() {
        ledger.succeed(100 * MILLI, SECOND);

        ledger.timeOut(400 * MILLI, 3 * SECOND);

        assertThat(ledger.latencyNanos(3 * SECOND)).isEqualTo(SECOND);
    }

    /** That is what failing at once looks like, if the answer is that somebody else was too slow. */
    @Test
    void aTimeoutThatIsQuickerThanAnswersIsAFailureLikeAnyOther() {
        ledger.succeed(100 * MILLI, SECOND);
        ledger.timeOut(MILLI, SECOND);

        assertThat(ledger.latencyNanos(SECOND)).isEqualTo(SECOND);
        assertThat(ledger.isFailing()).isTrue();
    }

    @Test
    void aTimeoutOfAnEndpointThatNeverAnsweredIsAFailureLikeAnyOther() {
        ledger.timeOut(MILLI, SECOND);

        assertThat(ledger.latencyNanos(SECOND)).isEqualTo(SECOND);
        assertThat(ledger.isFailing()).isTrue();
    }

    @Test
    void afterAQuickFailureOnlyAGoodAnswerEndsFailing() {
        ledger.succeed(100 * MILLI, SECOND);
        ledger.fail(MILLI, SECOND);
        ledger.timeOut(400 * MILLI, SECOND);
        assertThat(ledger.isFailing()).isTrue();

        assertThat(ledger.succeed(100 * MILLI, SECOND)).isEqualTo(2);
        assertThat(ledger.isFailing()).isFalse();
    }

    /** An endpoint that hangs looks slow while it hangs, long before its first timeout. */
    @ParameterizedTest
    @ValueSource(longs = {0, Long.MIN_VALUE, Long.MAX_VALUE - SECOND})
    void lateAttemptsRaiseTheLatencyBeforeTheyEnd(long now) {
        ledger.succeed(5 * MILLI, now);
        ledger.start(now);
        ledger.start(now + 100 * MILLI);

        assertThat(ledger.latencyNanos(now + 2 * MILLI)).isCloseTo(5 * MILLI, withinPercentage(1));
        assertThat(ledger.latencyNanos(now + 200 * MILLI)).isCloseTo(150 * MILLI, withinPercentage(1));
        assertThat(ledger.latencyNanos(now + 2_000 * MILLI)).isCloseTo(1_950 * MILLI, withinPercentage(1));
    }

    /** Losing the oldest start time with any completion is the compromise that we do not make. */
    @Test
    void anAnswerDoesNotHideAnOlderAttemptThatStillHangs() {
        ledger.succeed(MILLI, 0);
        ledger.start(0);
        ledger.start(SECOND);
        ledger.answered(SECOND);
        ledger.finish();

        assertThat(ledger.latencyNanos(2 * SECOND)).isCloseTo(2 * SECOND, withinPercentage(1));
    }

    @Test
    void whatHasAnsweredNoLongerWaitsThoughItsBodyIsStillInFlight() {
        ledger.start(0);
        ledger.answered(0);
        ledger.succeed(MILLI, MILLI);

        assertThat(ledger.inFlight()).isEqualTo(1);
        assertThat(ledger.latencyNanos(SECOND)).isLessThanOrEqualTo(MILLI);
    }

    @Test
    void aForgottenLatencyIsUnmeasuredWhileCountsGoOn() {
        ledger.start(0);
        ledger.succeed(MILLI, 0);
        ledger.forgetLatency();

        assertThat(ledger.latencyNanos(0)).isZero();
        assertThat(ledger.inFlight()).isEqualTo(1);
    }

    @Test
    void underManyThreadsInFlightIsNeverNegativeAndEndsAtZero() throws Exception {
        int workers = 4;
        int rounds = 20_000;
        ExecutorService threads = Executors.newFixedThreadPool(workers + 1);
        try {
            CountDownLatch working = new CountDownLatch(workers);
            List<Callable<Integer>> tasks = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                tasks.add(() -> {
                    work(rounds);
                    working.countDown();
                    return 0;
                });
            }
            tasks.add(() -> {
                int least = Integer.MAX_VALUE;
                int most = 0;
                do {
                    int inFlight = ledger.inFlight();
                    least = Math.min(least, inFlight);
                    most = Math.max(most, inFlight);
                } while (working.getCount() > 0);
                assertThat(least).isNotNegative();
                return most;
            });
            for (Future<Integer> task : threads.invokeAll(tasks)) {
                task.get();
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(ledger.inFlight()).isZero();
        assertThat(ledger.finished()).isEqualTo((long) workers * rounds);
        assertThat(ledger.failed()).isEqualTo((long) workers * rounds / 4);
        // Nothing waits any more, or the latency would be the age of what does.
        assertThat(ledger.latencyNanos(300 * SECOND)).isCloseTo(0, within(1.0));
    }

    private void work(int rounds) {
        SplittableRandom random = new SplittableRandom(rounds);
        for (int i = 0; i < rounds; i++) {
            long start = random.nextLong(SECOND);
            ledger.start(start);
            ledger.answered(start);
            if (i % 4 == 0) {
                ledger.fail(MILLI, start + MILLI);
            } else {
                ledger.succeed(MILLI, start + MILLI);
            }
            ledger.finish();
        }
    }
}
