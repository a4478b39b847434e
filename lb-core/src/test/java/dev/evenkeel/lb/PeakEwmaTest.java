package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class PeakEwmaTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MILLI = 1_000_000L;

    /** Finagle's formulas in full precision: up at once, down with a time constant of 10 s. */
    private static final class Model {
        private double average;
        private long at;

        void observe(double latency, long now) {
            double keep = Math.exp(-(now - at) / 10e9);
            average = latency >= average ? latency : average * keep + latency * (1 - keep);
            at = now;
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
            word = observe(word, latency, origin + elapsed);
            assertThat(PeakEwma.average(word)).isCloseTo(model.average, withinPercentage(2));
        }
    }

    @Property(tries = 200)
    void aPeakIsSeenAtOnce(@ForAll @LongRange(min = 1, max = 60 * SECOND) long peak, @ForAll long now) {
        long word = observe(observe(PeakEwma.UNMEASURED, 1, now), peak, now);

        assertThat(PeakEwma.average(word)).isCloseTo((double) peak, withinPercentage(1e-5));
    }

    @Property(tries = 200)
    void anAnswerWithinNoTimeStillCountsAsMeasured(@ForAll long now) {
        long word = observe(PeakEwma.UNMEASURED, 0, now);

        assertThat(word).isNotEqualTo(PeakEwma.UNMEASURED);
        assertThat(PeakEwma.average(word)).isPositive();
    }

    /** At 100,000 answers a second, six fall into one tick: each must count, or a busy endpoint never recovers. */
    @Example
    void answersWithinOneTickAreNotIgnored() {
        long word = observe(PeakEwma.UNMEASURED, SECOND, 0);
        for (long now = 0; now < 10 * SECOND; now += 10_000) {
            word = observe(word, MILLI, now);
        }

        assertThat(PeakEwma.average(word)).isLessThan(0.4 * SECOND);
    }

    /** A trial after a long silence says more than what was known before it. */
    @Example
    void aTrialThatIsMuchBetterTakesThePlaceOfTheAverage() {
        long word = observe(PeakEwma.UNMEASURED, SECOND, 0);

        assertThat(PeakEwma.average(PeakEwma.observe(word, 5 * MILLI, SECOND, true)))
                .isCloseTo(5 * MILLI, withinPercentage(0.01));
        assertThat(PeakEwma.average(PeakEwma.observe(word, 5 * MILLI, SECOND, false)))
                .isGreaterThan(900 * MILLI);
        assertThat(PeakEwma.average(PeakEwma.observe(word, 700 * MILLI, SECOND, true)))
                .as("not much better")
                .isGreaterThan(900 * MILLI);
    }

    /** Ticks are few bits. Were they compared by sign, what was entered on Friday would be no time ago from Sunday to Monday. */
    @Property(tries = 300)
    void timeGoesOnOverAWeekendWithoutTraffic(
            @ForAll long origin, @ForAll @LongRange(min = 200, max = 77 * 3_600) long seconds) {
        long word = observe(PeakEwma.UNMEASURED, 30 * SECOND, origin);

        assertThat(PeakEwma.ticksSince(word, origin + seconds * SECOND)).isGreaterThan(seconds * 15_000);
        assertThat(PeakEwma.average(observe(word, MILLI, origin + seconds * SECOND)))
                .isCloseTo(MILLI, withinPercentage(1));
    }

    /** Reading or entering with a clock that another thread has overtaken neither undoes nor exaggerates the decay. */
    @Example
    void aReadingOfTheClockThatIsLateChangesNothing() {
        long word = observe(PeakEwma.UNMEASURED, SECOND, 10 * SECOND);

        assertThat(PeakEwma.average(word)).isEqualTo(SECOND);
        long entered = observe(word, MILLI, 5 * SECOND);
        assertThat(PeakEwma.average(entered)).isCloseTo(SECOND, withinPercentage(0.01));
    }

    @Example
    void theClockMayOverflow() {
        long before = Long.MAX_VALUE - SECOND;
        long word = observe(PeakEwma.UNMEASURED, SECOND, before);

        assertThat(PeakEwma.ticksSince(word, before + 10 * SECOND)).isBetween(150_000L, 155_000L);
    }

    /** What multiplies on each error gives 0 × 10 = 0 for an endpoint that fails within the clock's resolution. */
    @Example
    void aColdEndpointThatFailsAtOnceLooksSlow() {
        long price = PeakEwma.priceOfFailure(PeakEwma.UNMEASURED, 0);

        assertThat(price).isEqualTo(SECOND);
    }

    @Property(tries = 300)
    void aFailureCostsTheLargestOfOneSecondTheAverageAndItsTime(
            @ForAll @LongRange(min = 1, max = 40 * SECOND) long average,
            @ForAll @LongRange(min = 0, max = 40 * SECOND) long elapsed,
            @ForAll long now) {
        long word = observe(PeakEwma.UNMEASURED, average, now);

        double expected = Math.min(30e9, Math.max(1e9, (double) Math.max(average, elapsed)));
        assertThat((double) PeakEwma.priceOfFailure(word, elapsed)).isCloseTo(expected, withinPercentage(1e-4));
    }

    private static long observe(long word, long latency, long now) {
        return PeakEwma.observe(word, latency, now, false);
    }
}
