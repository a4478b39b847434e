package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class TailLatencyTest {
    private static final long MS = 1_000_000;

    @Property(tries = 100)
    void asManyAnswersAreLateAsThePercentileSays(
            @ForAll long seed, @ForAll @DoubleRange(min = 0.5, max = 0.99) double percentile) {
        Random random = new Random(seed);
        long word = TailLatency.UNMEASURED;
        int late = 0;
        for (int i = 0; i < 20_000; i++) {
            long latency = (long) (25 * MS * Math.exp(0.5 * random.nextGaussian()));
            late += i >= 10_000 && latency > TailLatency.nanos(word) ? 1 : 0;
            word = TailLatency.observe(word, latency, percentile);
        }
        assertThat(late / 10_000.0).isCloseTo(1 - percentile, within(0.2 * (1 - percentile) + 0.005));
    }

    @Property
    void nobodyTrustsTwentyAnswersBeforeThereAreTwenty(@ForAll @LongRange(min = 0, max = Long.MAX_VALUE) long latency) {
        long word = TailLatency.UNMEASURED;
        for (int i = 0; i < 20; i++) {
            assertThat(TailLatency.isKnown(word)).isFalse();
            word = TailLatency.observe(word, latency, 0.95);
        }
        assertThat(TailLatency.isKnown(word)).isTrue();
        assertThat(TailLatency.nanos(word)).isPositive().isFinite();
    }

    @Test
    void anEstimateFollowsARiseWithinAFewAnswersAndIsRisingUntilThen() {
        long word = measured(25 * MS);
        assertThat(TailLatency.isRising(word)).isFalse();

        int answers = 0;
        boolean[] rising = new boolean[100];
        while (TailLatency.nanos(word) < 225 * MS) {
            word = TailLatency.observe(word, 225 * MS, 0.95);
            rising[answers++] = TailLatency.isRising(word);
        }

        assertThat(answers).isLessThan(30);
        int noticed = (int) Arrays.stream(toInts(rising))
                .limit(answers)
                .takeWhile(r -> r == 0)
                .count();
        assertThat(noticed).isLessThan(13);
        for (int i = 0; i < 20; i++) {
            word = TailLatency.observe(word, 200 * MS, 0.95);
        }
        assertThat(TailLatency.isRising(word)).isFalse();
    }

    @Test
    void anAnswerThatIsStillAwaitedCountsAsLate() {
        long word = measured(25 * MS);
        double before = TailLatency.nanos(word);

        assertThat(TailLatency.nanos(TailLatency.observeLate(word, 0.95))).isGreaterThan(before);
        assertThat(TailLatency.observeLate(TailLatency.UNMEASURED, 0.95)).isEqualTo(TailLatency.UNMEASURED);
    }

    private static long measured(long latency) {
        long word = TailLatency.UNMEASURED;
        for (int i = 0; i < 1000; i++) {
            word = TailLatency.observe(word, latency + (i % 20 == 0 ? latency : 0), 0.95);
        }
        return word;
    }

    private static int[] toInts(boolean[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = values[i] ? 1 : 0;
        }
        return ints;
    }
}
