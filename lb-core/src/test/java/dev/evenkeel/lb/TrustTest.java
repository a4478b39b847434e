package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long UNIT = 1L << 30;

    /** A word of {@link PeakEwma} that was written at this moment. */
    private static long measured(long now) {
        return PeakEwma.observe(PeakEwma.UNMEASURED, SECOND, now, false);
    }

    /** Returns how long the word is believed while nothing is heard, in seconds. */
    private static double pause(long word, long now) {
        long latency = measured(now);
        long low = 0;
        long high = 100 * SECOND;
        while (high - low > 1_000_000) {
            long middle = (low + high) / 2;
            if (Trust.isOver(word, latency, now + middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return low / 1e9;
    }

    private static long disappoint(int times, long now) {
        long word = 0;
        for (int i = 0; i < times; i++) {
            word = Trust.disappointed(word, 100_000_000, now);
        }
        return word;
    }

    @Test
    void anEndpointOfWhichNothingIsKnownIsNotBelievedForLong() {
        assertThat(Trust.isOver(0, measured(0), SECOND)).isTrue();
    }

    @Test
    void aSurpriseIsBelievedForAsLongAsItsPause() {
        assertThat(pause(Trust.surprised(0, 3 * SECOND), 0)).isCloseTo(3, within(0.01));
        assertThat(pause(Trust.surprised(0, 100 * SECOND), 0)).isCloseTo(32, within(0.01));
    }

    @Test
    void eachDisappointmentMakesThePauseSixteenTimesAsLongUpToHalfAMinute() {
        assertThat(pause(disappoint(1, 0), 0)).isCloseTo(0.1, within(0.01));
        assertThat(pause(disappoint(2, 0), 0)).isCloseTo(1.6, within(0.01));
        assertThat(pause(disappoint(3, 0), 0)).isCloseTo(25.6, within(0.01));
        assertThat(pause(disappoint(4, 0), 0)).isCloseTo(32, within(0.01));
        assertThat(pause(disappoint(1000, 0), 0)).isCloseTo(32, within(0.01));
    }

    @Test
    void theLongestFirstPauseGrowsToTheLongestOfAllWithTheSecond() {
        long first = Trust.disappointed(0, 3 * SECOND, 0);

        assertThat(pause(first, 0)).isCloseTo(3, within(0.01));
        assertThat(pause(Trust.disappointed(first, 3 * SECOND, 0), 0)).isCloseTo(32, within(0.01));
    }

    @Test
    void aTrialThatConfirmsDoublesThePauseUpToHalfAMinute() {
        long word = Trust.disappointed(0, 3 * SECOND, 0);
        double[] seconds = {6, 12, 24, 32, 32};
        for (double expected : seconds) {
            word = Trust.confirmed(word, 0);
            assertThat(pause(word, 0)).isCloseTo(expected, within(0.01));
        }
    }

    @Test
    void onlyWhatHasBeenWellSinceIsForgivenHoweverMuchTimePasses() {
        long word = disappoint(2, 0);

        assertThat(pause(Trust.disappointed(word, 100_000_000, 10_000 * UNIT), 0))
                .isCloseTo(25.6, within(0.01));
    }

    @Test
    void onceItIsWellOneDisappointmentIsForgottenEachTenUnits() {
        long well = Trust.restored(disappoint(2, 0), 0);
        double[] seconds = {25.6, 1.6, 0.1, 0.1};
        for (int i = 0; i < seconds.length; i++) {
            long later = 10L * i * UNIT;
            assertThat(pause(Trust.disappointed(well, 100_000_000, later), later))
                    .as("after %d units", 10 * i)
                    .isCloseTo(seconds[i], within(0.01));
        }
        assertThat(pause(Trust.disappointed(well, 100_000_000, 10 * UNIT - 1), 0))
                .as("just before")
                .isCloseTo(25.6, within(0.01));
    }

    @Test
    void whatIsRestoredIsBelievedForTenSeconds() {
        assertThat(pause(Trust.restored(disappoint(4, 0), 0), 0)).isCloseTo(10, within(0.01));
    }

    @Test
    void aDisappointmentEndsBeingWell() {
        long bad = Trust.disappointed(Trust.restored(disappoint(1, 0), 0), 100_000_000, 0);

        assertThat(pause(Trust.disappointed(bad, 100_000_000, 1000 * UNIT), 0)).isCloseTo(25.6, within(0.01));
    }

    @Test
    void halfOfThePauseIsOverWhenHalfOfItIs() {
        long word = Trust.surprised(0, 4 * SECOND);

        assertThat(Trust.isHalfOver(word, measured(0), 2 * SECOND - 200_000)).isFalse();
        assertThat(Trust.isHalfOver(word, measured(0), 2 * SECOND + 200_000)).isTrue();
    }

    /** The clock may begin anywhere, and ticks wrap after 3.3 days. */
    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                SECOND,
                -SECOND,
                Long.MAX_VALUE - 3 * SECOND,
                Long.MIN_VALUE,
                (1L << 48) - SECOND,
                (1L << 47) - SECOND
            })
    void whoAsksForAPauseHasItForSoLongWhereverTheClockStands(long now) {
        long word = Trust.pausing(disappoint(1, now), 5 * SECOND, now);

        assertThat(Trust.isPausing(word, now)).isTrue();
        assertThat(Trust.isPausing(word, now + 5 * SECOND - 200_000)).isTrue();
        assertThat(Trust.isOver(word, measured(now), now + 5 * SECOND - 200_000))
                .isFalse();
        assertThat(Trust.isPausing(word, now + 5 * SECOND + 200_000)).isFalse();
        assertThat(Trust.isOver(word, measured(now), now + 5 * SECOND + 200_000))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -SECOND, Long.MAX_VALUE - SECOND, (1L << 48) - SECOND, (1L << 47) - SECOND})
    void aPauseIsAsLongAsItIsWhereverTheClockStands(long now) {
        long word = Trust.disappointed(0, 3 * SECOND, now);

        assertThat(Trust.isOver(word, measured(now), now + 3 * SECOND - 200_000))
                .isFalse();
        assertThat(Trust.isOver(word, measured(now), now + 3 * SECOND + 200_000))
                .isTrue();
    }

    @Test
    void forgivenessTakesAsLongWhereTheTimeInTheWordWraps() {
        long now = (1L << 53) - 3 * UNIT; // 23 bits of units
        long well = Trust.restored(disappoint(2, now), now);

        assertThat(pause(Trust.disappointed(well, 100_000_000, now + 9 * UNIT), 0))
                .isCloseTo(25.6, within(0.01));
        assertThat(pause(Trust.disappointed(well, 100_000_000, now + 10 * UNIT), 0))
                .isCloseTo(1.6, within(0.01));
    }

    @Test
    void askingForAPauseForgetsNoDisappointment() {
        long word = Trust.pausing(disappoint(2, 0), SECOND, 0);

        assertThat(pause(Trust.disappointed(word, 100_000_000, 2 * SECOND), 0)).isCloseTo(25.6, within(0.01));
    }

    @Test
    void aTrialAfterAPauseThatWasAskedForRestores() {
        long word = Trust.confirmed(Trust.pausing(0, SECOND, 0), 2 * SECOND);

        assertThat(Trust.isPausing(word, 2 * SECOND)).isFalse();
        assertThat(pause(word, 2 * SECOND)).isCloseTo(10, within(0.01));
    }
}
