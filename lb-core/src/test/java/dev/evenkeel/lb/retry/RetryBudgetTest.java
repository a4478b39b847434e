package dev.evenkeel.lb.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class RetryBudgetTest {
    private static final long SECOND = 1_000_000_000L;
    private static final RetryBudget.Settings NO_RESERVE = new RetryBudget.Settings(0.2, 0, Duration.ofSeconds(10));

    /**
     * The promise, held against lists of time stamps. What slots forget lies between nine tenths of a window and a whole one, so the
     * balance has an upper and a lower bound: no retry is allowed that not even the upper one pays for, and none refused that the
     * lower one pays for.
     */
    @Property(tries = 300)
    void retriesInAnyWindowAreWhatItsSuccessesAndTheReservePayFor(
            @ForAll long origin,
            @ForAll long seed,
            @ForAll @DoubleRange(min = 0, max = 1) double ratio,
            @ForAll @DoubleRange(min = 0, max = 3) double minPerSecond,
            @ForAll @IntRange(min = 1, max = 30) int windowSeconds) {
        RetryBudget.Settings settings =
                new RetryBudget.Settings(ratio, minPerSecond, Duration.ofSeconds(windowSeconds));
        RetryBudget budget = new RetryBudget(settings, origin);
        SplittableRandom random = new SplittableRandom(seed);
        long window = windowSeconds * SECOND;
        long slot = window / 10;
        double reserve = minPerSecond * windowSeconds;
        List<Long> successes = new ArrayList<>();
        List<Long> retries = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 400; i++) {
            now += idle(random, window);
            if (random.nextInt(3) > 0) {
                budget.deposit(origin + now);
                successes.add(now);
                continue;
            }
            double minimum = now < window ? 10 * reserve : reserve;
            double least =
                    Math.max(minimum, ratio * since(successes, now - (window - slot))) - since(retries, now - window);
            double most =
                    Math.max(minimum, ratio * since(successes, now - window)) - since(retries, now - (window - slot));
            boolean allowed = budget.tryWithdraw(origin + now);
            if (allowed) {
                assertThat(most).as("balance at the most").isGreaterThanOrEqualTo(1 - 1e-9);
                retries.add(now);
            } else {
                assertThat(least).as("balance at the least").isLessThan(1 + 1e-9);
            }
        }
    }

    /** A client that starts with many calls at a time must survive an endpoint that is dead, before anything has succeeded. */
    @Example
    void aNewBudgetHasAHeadStartForOneWindow() {
        RetryBudget budget = new RetryBudget(RetryBudget.Settings.DEFAULT, 0);

        assertThat(budget.balance(0)).isEqualTo(30);
        assertThat(budget.balance(10 * SECOND - 1)).isEqualTo(30);
        assertThat(budget.balance(10 * SECOND)).isEqualTo(3);
    }

    /** Percentages alone would never let a service that is down come back. */
    @Example
    void theMinimumReturnsWithTimeInATotalOutage() {
        RetryBudget budget = new RetryBudget(RetryBudget.Settings.DEFAULT, 0);

        assertThat(withdrawAll(budget, 20 * SECOND)).isEqualTo(3);
        assertThat(withdrawAll(budget, 25 * SECOND)).isZero();
        assertThat(withdrawAll(budget, 30 * SECOND)).isEqualTo(3);
    }

    /** Added to the share it would be a storm of its own where there are many small clients. */
    @Example
    void theMinimumDoesNotComeOnTopOfTheShare() {
        RetryBudget budget = new RetryBudget(RetryBudget.Settings.DEFAULT, 0);
        for (int i = 0; i < 100; i++) {
            budget.deposit(20 * SECOND);
        }

        assertThat(withdrawAll(budget, 21 * SECOND)).isEqualTo(20);
    }

    @Example
    void retriesDoNotPayForRetries() {
        RetryBudget budget = new RetryBudget(NO_RESERVE, 0);
        for (int i = 0; i < 100; i++) {
            budget.deposit(0);
        }

        assertThat(withdrawAll(budget, 0)).isEqualTo(20);
        assertThat(withdrawAll(budget, 1)).isZero();
    }

    @Example
    void successesAreForgottenAfterTheWindowAndNotBeforeNineTenthsOfIt() {
        RetryBudget budget = new RetryBudget(NO_RESERVE, 0);
        budget.deposit(0);
        for (int i = 0; i < 99; i++) {
            budget.deposit(SECOND - 1);
        }

        assertThat(budget.balance(10 * SECOND - 1)).isCloseTo(20, within(1e-9));
        assertThat(budget.balance(10 * SECOND)).isZero();
    }

    @Example
    void anIdleTimeOfAnyLengthForgetsAllAndTheBudgetGoesOn() {
        for (long idle : new long[] {10 * SECOND, 11 * SECOND, 3_600 * SECOND, Long.MAX_VALUE / 2}) {
            RetryBudget budget = new RetryBudget(NO_RESERVE, 0);
            for (int i = 0; i < 100; i++) {
                budget.deposit(0);
            }
            assertThat(budget.balance(idle)).isZero();
            for (int i = 0; i < 50; i++) {
                budget.deposit(idle);
            }
            assertThat(withdrawAll(budget, idle + 8 * SECOND)).isEqualTo(10);
        }
    }

    @Example
    void theClockMayOverflow() {
        long start = Long.MAX_VALUE - SECOND;
        RetryBudget budget = new RetryBudget(NO_RESERVE, start);
        for (int i = 0; i < 100; i++) {
            budget.deposit(start + i * SECOND / 20);
        }

        assertThat(budget.balance(start + 5 * SECOND)).isCloseTo(20, within(1e-9));
        assertThat(budget.balance(start + 16 * SECOND)).isZero();
    }

    @Example
    void aReadingOfTheClockThatIsLateDoesNoHarm() {
        RetryBudget budget = new RetryBudget(NO_RESERVE, 0);
        budget.deposit(9 * SECOND);
        for (int i = 0; i < 99; i++) {
            budget.deposit(SECOND);
        }

        assertThat(budget.balance(0)).isCloseTo(20, within(1e-9));
        assertThat(budget.balance(10 * SECOND)).isCloseTo(20, within(1e-9));
    }

    @Example
    void manyThreadsNeverWithdrawMoreThanWasPaidIn() throws Exception {
        RetryBudget budget = new RetryBudget(NO_RESERVE, 0);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        int rounds = 20_000;
        try {
            Callable<Integer> work = () -> {
                int withdrawn = 0;
                for (int i = 0; i < rounds; i++) {
                    budget.deposit(i);
                    withdrawn += budget.tryWithdraw(i) ? 1 : 0;
                }
                return withdrawn;
            };
            int withdrawn = 0;
            for (Future<Integer> part : threads.invokeAll(Collections.nCopies(4, work))) {
                withdrawn += part.get();
            }

            // Within one window nothing is forgotten, so the sum is exact: a fifth of all successes.
            assertThat(withdrawn + withdrawAll(budget, rounds)).isEqualTo(4 * rounds / 5);
        } finally {
            threads.shutdownNow();
        }
    }

    @Example
    void nobodyIsLockedOutAfterASlotHasBegun() throws Exception {
        RetryBudget budget = new RetryBudget(RetryBudget.Settings.DEFAULT, 0);
        budget.deposit(5 * SECOND);
        budget.balance(6 * SECOND);
        budget.tryWithdraw(7 * SECOND);
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            assertThat(other.submit(() -> budget.tryWithdraw(8 * SECOND)).get(5, TimeUnit.SECONDS))
                    .isTrue();
        } finally {
            other.shutdownNow();
        }
    }

    @Example
    void wrongSettingsAreRejectedByName() {
        Duration window = Duration.ofSeconds(10);
        assertRejected(-0.1, 10, window, "retryBudget.ratio is -0.1, must be 0 to 1");
        assertRejected(1.1, 10, window, "retryBudget.ratio is 1.1, must be 0 to 1");
        assertRejected(Double.NaN, 10, window, "retryBudget.ratio is NaN, must be 0 to 1");
        assertRejected(0.2, -1, window, "retryBudget.minPerSecond is -1.0, must be 0 to 1000000");
        assertRejected(0.2, 1e7, window, "retryBudget.minPerSecond is 1.0E7, must be 0 to 1000000");
        assertRejected(0.2, 10, Duration.ofMillis(999), "retryBudget.window is PT0.999S, must be 1 s to 60 s");
        assertRejected(0.2, 10, Duration.ofSeconds(61), "retryBudget.window is PT1M1S, must be 1 s to 60 s");
    }

    @Example
    void theExtremesOfTheSettingsAreAllowed() {
        RetryBudget nothing = new RetryBudget(new RetryBudget.Settings(0, 0, Duration.ofSeconds(1)), 0);
        nothing.deposit(0);
        RetryBudget plenty = new RetryBudget(new RetryBudget.Settings(1, 1_000_000, Duration.ofSeconds(60)), 0);

        assertThat(nothing.tryWithdraw(0)).isFalse();
        assertThat(plenty.balance(60 * SECOND)).isEqualTo(60e6);
    }

    private static void assertRejected(double ratio, double minPerSecond, Duration window, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RetryBudget.Settings(ratio, minPerSecond, window))
                .withMessage(message);
    }

    /** Mostly bursts, sometimes a pause, at times one that is longer than the window. */
    private static long idle(SplittableRandom random, long window) {
        return switch (random.nextInt(20)) {
            case 0 -> random.nextLong(3 * window);
            case 1, 2, 3 -> random.nextLong(window / 5);
            default -> random.nextLong(window / 1_000);
        };
    }

    private static int withdrawAll(RetryBudget budget, long now) {
        int withdrawn = 0;
        while (budget.tryWithdraw(now)) {
            withdrawn++;
        }
        return withdrawn;
    }

    private static long since(List<Long> times, long begin) {
        return times.stream().filter(time -> time > begin).count();
    }
}
