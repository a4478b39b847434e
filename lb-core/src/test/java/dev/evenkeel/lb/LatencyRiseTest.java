package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LatencyRiseTest {
    private static final long MS = 1_000_000;

    private final LatencyRise rise = new LatencyRise(0);
    private long now;

    /** Ten answers a second. */
    private void answer(int count, long latency) {
        for (int i = 0; i < count; i++) {
            now += 100 * MS;
            rise.observe(latency, now);
        }
    }

    @Test
    void aServiceThatBecomesTwiceAsSlowHasRisenWithinTwoSeconds() {
        answer(600, 20 * MS);
        assertThat(rise.isRisen()).isFalse();

        answer(20, 40 * MS);
        assertThat(rise.isRisen()).isTrue();
    }

    @Test
    void whatLastsBecomesNormal() {
        answer(600, 20 * MS);
        answer(300, 40 * MS);
        assertThat(rise.isRisen()).isTrue();
        answer(600, 40 * MS);
        assertThat(rise.isRisen()).isFalse();
    }

    @Test
    void whatComesDownIsNormalAtOnce() {
        answer(600, 200 * MS);
        answer(100, 20 * MS);
        answer(20, 40 * MS);
        assertThat(rise.isRisen()).isTrue();
    }

    @Test
    void aThirdOfSlowAnswersIsNoRise() {
        answer(600, 20 * MS);
        for (int i = 0; i < 300; i++) {
            answer(2, 20 * MS);
            answer(1, 500 * MS);
            assertThat(rise.isRisen()).isFalse();
        }
    }

    @Test
    void theWayFromTheFirstAnswerToTheMedianIsNoRise() {
        answer(1, MS);
        for (int i = 0; i < 600; i++) {
            answer(1, i % 2 == 0 ? 3 * MS : 4 * MS);
            assertThat(rise.isRisen()).isFalse();
        }
    }

    @Test
    void whatWasNormalBeforeANightWithoutTrafficIsForgotten() {
        answer(600, 20 * MS);
        now += 3600L * 1000 * MS;
        answer(60, 30 * MS);
        assertThat(rise.isRisen()).isFalse();
    }
}
