package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class PeakEwmaTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    /** Finagle's formulas in full precision: up at once, down with a time constant of 10 s, also while nothing is heard. */
    private static final class Model {
        private double average;
        private long at;

        void observe(double latency, long now) {
            double keep = Math.exp(-(now - at) / 10e9);
            average = latency >= average ? latency : average * keep + latency * (1 - keep);
            at = now;
        }

        double nanos(long now) {
            return average * Math.exp(-(now - at) / 10e9);
        }
    }

    /** Answers a millisecond or more apart; the ticks of 65.5 µs cost at most 2 % there. */
    @Property(tries = 500)
    void followsAModelInFullPrecisionWithinTwoPercent(@ForAll long origin, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Model model = new Model();
        long word = PeakEwma.UNMEASURED;
        long elapsed = 0;
        for (int i = 0; i < 200; i++) {
            elapsed += MILLI + (long) (Math.pow(random.nextDouble(), 8) * 20 * SECOND);
            long latency = MILLI + (long) (Math.pow(random.nextDouble(), 4) * SECOND);
            model.observe((double) latency, elapsed);
            word = PeakEwma.observe(word, latency, origin + elapsed);
            long later = elapsed + random.nextLong(30 * SECOND);
            assertThat(PeakEwma.nanos(word, origin + elapsed)).isCloseTo(model.average, withinPercentage(2));
            assertThat(PeakEwma.nanos(word, origin + later)).isCloseTo(model.nanos(later), withinPercentage(2));
        }
    }

    @Property(tries = 200)
    void aPeakIsSeenAtOnce(@ForAll @LongRange(min = 1, max = 60 * SECOND) long peak, @ForAll long now) {
        long word = PeakEwma.observe(PeakEwma.observe(PeakEwma.UNMEASURED, 1, now), peak, now);

        assertThat(PeakEwma.nanos(word, now)).isCloseTo((double) peak, withinPercentage(1e-5));
    }

    @Property(tries = 200)
    void anAnswerWithinNoTimeStillCountsAsMeasured(@ForAll long now) {
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, 0, now);

        assertThat(word).isNotEqualTo(PeakEwma.UNMEASURED);
        assertThat(PeakEwma.nanos(word, now)).isPositive();
    }

    /** At 100,000 answers a second, six fall into one tick: each must count, or a busy endpoint never recovers. */
    @Example
    void answersWithinOneTickAreNotIgnored() {
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, SECOND, 0);
        for (long now = 0; now < 10 * SECOND; now += 10_000) {
            word = PeakEwma.observe(word, MILLI, now);
        }

        assertThat(PeakEwma.nanos(word, 10 * SECOND)).isLessThan(0.4 * SECOND);
    }

    @Example
    void comesDownWhileNothingIsHeard() {
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, SECOND, 0);

        assertThat(PeakEwma.nanos(word, 10 * SECOND)).isCloseTo(SECOND / Math.E, withinPercentage(0.1));
        assertThat(PeakEwma.nanos(word, 60 * SECOND)).isLessThan(3 * MILLI);
        assertThat(PeakEwma.nanos(word, Duration.ofHours(24).toNanos())).isGreaterThanOrEqualTo(0);
    }

    /** Ticks are few bits. Were they compared by sign, a failure on Friday would look fresh on Sunday, and stay so until Monday. */
    @Property(tries = 300)
    void comesDownOverAWeekendWithoutTraffic(
            @ForAll long origin, @ForAll @LongRange(min = 200, max = 77 * 3_600) long seconds) {
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, 30 * SECOND, origin);

        assertThat(PeakEwma.nanos(word, origin + seconds * SECOND)).isLessThan(100);
        assertThat(PeakEwma.nanos(PeakEwma.observe(word, MILLI, origin + seconds * SECOND), origin + seconds * SECOND))
                .isCloseTo(MILLI, withinPercentage(1));
    }

    /** Reading or entering with a clock that another thread has overtaken neither undoes nor exaggerates the decay. */
    @Example
    void aReadingOfTheClockThatIsLateChangesNothing() {
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, SECOND, 10 * SECOND);

        assertThat(PeakEwma.nanos(word, 5 * SECOND)).isEqualTo(SECOND);
        long entered = PeakEwma.observe(word, MILLI, 5 * SECOND);
        assertThat(PeakEwma.nanos(entered, 10 * SECOND)).isCloseTo(SECOND, withinPercentage(0.01));
    }

    @Example
    void theClockMayOverflow() {
        long before = Long.MAX_VALUE - SECOND;
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, SECOND, before);

        assertThat(PeakEwma.nanos(word, before + 10 * SECOND)).isCloseTo(SECOND / Math.E, withinPercentage(0.1));
    }

    /** What multiplies on each error gives 0 × 10 = 0 for an endpoint that fails within the clock's resolution. */
    @Example
    void aColdEndpointThatFailsAtOnceLooksSlow() {
        long price = PeakEwma.priceOfFailure(PeakEwma.UNMEASURED, 0, 0);

        assertThat(price).isEqualTo(SECOND);
    }

    @Property(tries = 300)
    void aFailureCostsTheLargestOfOneSecondTheAverageAndItsTime(
            @ForAll @LongRange(min = 1, max = 40 * SECOND) long average,
            @ForAll @LongRange(min = 0, max = 40 * SECOND) long elapsed,
            @ForAll long now) {
        long word = PeakEwma.observe(PeakEwma.UNMEASURED, average, now);

        double expected = Math.min(30e9, Math.max(1e9, (double) Math.max(average, elapsed)));
        assertThat((double) PeakEwma.priceOfFailure(word, elapsed, now)).isCloseTo(expected, withinPercentage(1e-4));
    }

    /** A penalty that multiplies needs minutes to forget five failures; ours forgets a thousand as fast as one. */
    @Example
    void aThousandFailuresAreForgottenAsFastAsOne() {
        long once = fail(PeakEwma.observe(PeakEwma.UNMEASURED, 5 * MILLI, 0), SECOND);
        long often = PeakEwma.observe(PeakEwma.UNMEASURED, 5 * MILLI, 0);
        for (int i = 0; i < 1_000; i++) {
            often = fail(often, SECOND + i * 100_000L);
        }
        long last = SECOND + 999 * 100_000L;

        assertThat(PeakEwma.nanos(often, last)).isCloseTo(SECOND, withinPercentage(0.01));
        assertThat(secondsUntilNormal(often, last)).isBetween(50L, 54L).isEqualTo(secondsUntilNormal(once, SECOND));
    }

    private static long fail(long word, long now) {
        return PeakEwma.observe(word, PeakEwma.priceOfFailure(word, 100_000, now), now);
    }

    private static long secondsUntilNormal(long word, long now) {
        long seconds = 0;
        while (PeakEwma.nanos(word, now + seconds * SECOND) > 5 * MILLI) {
            seconds++;
        }
        return seconds;
    }
}
