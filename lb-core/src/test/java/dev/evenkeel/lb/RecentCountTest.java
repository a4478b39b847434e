package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecentCountTest {
    private static final long UNIT = 1L << 30; // which a second is here

    private static long add(long word, int times, long now) {
        long counted = word;
        for (int i = 0; i < times; i++) {
            counted = RecentCount.add(counted, 1, now);
        }
        return counted;
    }

    @Test
    void whatNeverHappenedCountsNothing() {
        assertThat(RecentCount.of(0, 0)).isZero();
        assertThat(RecentCount.of(0, 5 * UNIT)).isZero();
    }

    /** The word holds 24 bits of seconds, so they wrap. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1L << 40, -UNIT, (1L << 54) - UNIT, Long.MIN_VALUE})
    void thisSecondCountsAndTheOneBeforeButNoOlderOne(long start) {
        long word = add(0, 3, start);
        word = add(word, 4, start + UNIT);

        assertThat(RecentCount.of(word, start + UNIT)).isEqualTo(7);
        assertThat(RecentCount.of(word, start + 2 * UNIT)).isEqualTo(4);
        assertThat(RecentCount.of(word, start + 3 * UNIT)).isZero();
    }

    @Test
    void aSecondInWhichNothingHappensPushesOutWhatWasBefore() {
        long word = add(add(0, 3, 0), 1, 2 * UNIT);

        assertThat(RecentCount.of(word, 2 * UNIT)).isOne();
    }

    @Test
    void readingChangesNothing() {
        long word = add(0, 3, 0);
        RecentCount.of(word, 100 * UNIT);

        assertThat(RecentCount.of(word, UNIT - 1)).isEqualTo(3);
    }

    @Test
    void countsStopAtAMillionAndDoNotSpillIntoTheSecond() {
        int most = (1 << 20) - 1;
        long word = add(0, most + 5, 7 * UNIT);
        assertThat(RecentCount.of(word, 7 * UNIT)).isEqualTo(most);

        word = add(word, most + 5, 8 * UNIT);
        assertThat(RecentCount.of(word, 8 * UNIT)).isEqualTo(2L * most);
        assertThat(RecentCount.of(word, 9 * UNIT)).isEqualTo(most);
        assertThat(RecentCount.of(word, 10 * UNIT)).isZero();
    }
}
