package dev.evenkeel.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StandingTest {
    private static final Standing OURS = standing(0.999, 100, 1);

    @Test
    void failuresCountBeforeLatencyAndThatBeforeAttempts() {
        assertThat(standing(1, 150, 2).beats(OURS)).isTrue();
        assertThat(standing(0.9988, 90, 2).beats(OURS)).isTrue();
        assertThat(standing(0.9988, 99, 0.9).beats(OURS)).isTrue();
    }

    @Test
    void whatComesOfLuckIsNoVictory() {
        assertThat(standing(0.9994, 99, 1).beats(OURS)).isFalse();
        assertThat(standing(0.9986, 98, 0.98).beats(OURS)).isFalse();
        assertThat(OURS.beats(OURS)).isFalse();
    }

    @Test
    void whoIsBeatenDoesNotBeat() {
        assertThat(standing(0.99, 10, 1).beats(OURS)).isFalse();
        assertThat(standing(0.999, 110, 0.5).beats(OURS)).isFalse();
    }

    @Test
    void aCellShowsAttemptsOnlyWhereThereAreMany() {
        assertThat(standing(0.9, 100, 1.04).words()).isEqualTo("1.25 · 90.00 %");
        assertThat(standing(0.9, 100, 1.06).words()).isEqualTo("1.25 · 90.00 % · 1.06 att.");
    }

    private static Standing standing(double success, double p99, double attempts) {
        return new Standing("ours", success, 1.25, p99, attempts);
    }
}
