package dev.evenkeel.lb.time;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A heart that beats late shows for how long the process stood still. */
class StallLogTest {
    private static final long MILLI = 1_000_000;
    private static final long ORIGIN = Long.MAX_VALUE - 500 * MILLI; // the clock overflows on the way

    private final StallLog log = new StallLog(50 * MILLI, ORIGIN);

    private static long at(long millis) {
        return ORIGIN + millis * MILLI;
    }

    private void beatAt(long millis) {
        log.beat(at(millis));
    }

    private long stalled(long sinceMillis, long nowMillis) {
        return log.stalledNanos(at(sinceMillis), at(nowMillis)) / MILLI;
    }

    @Test
    void beatsInTimeAreNoStallNorIsALittleLateness() {
        for (int i = 1; i <= 40; i++) {
            beatAt(i * 53L);
        }
        assertThat(stalled(0, 2_130)).isZero();
    }

    @Test
    void aLateBeatIsAStallOfWhatItIsLate() {
        beatAt(50);
        beatAt(3_100);

        assertThat(stalled(0, 3_110)).isEqualTo(3_000);
        assertThat(stalled(2_600, 3_110)).as("as much of it as was since then").isEqualTo(500);
        assertThat(stalled(3_100, 3_110)).as("it was over").isZero();
    }

    @Test
    void aStallIsKnownBeforeTheNextBeat() {
        beatAt(50);
        assertThat(stalled(0, 3_100)).isEqualTo(3_000);
        assertThat(stalled(3_000, 3_100)).isEqualTo(100);
    }

    @Test
    void manySmallStallsAddUpAndOldOnesAreForgotten() {
        for (int i = 1; i <= 1_000; i++) {
            beatAt(i * 80L);
        }
        assertThat(stalled(78_000, 80_000)).isEqualTo(25 * 30);
        assertThat(stalled(0, 80_000)).isEqualTo(256 * 30);
    }

    @Test
    void whileNothingWasDueNothingWasLate() {
        beatAt(50);
        log.start(at(60_000));
        beatAt(60_050);

        assertThat(stalled(0, 60_060)).isZero();
    }
}
