package dev.evenkeel.lb.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.evenkeel.lb.testkit.ScriptedRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectBackoffTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 4", "4, 8", "5, 16", "6, 30", "7, 30", "100, 30", "2147483647, 30"})
    void pausesDoubleToThirtySecondsAndVaryByAFifth(int failures, long nominalSeconds) {
        ScriptedRandom random = ScriptedRandom.seeded(failures);

        double[] relative = LongStream.range(0, 2_000)
                .mapToDouble(i -> ConnectBackoff.DEFAULT.pauseNanos(failures, random) / (nominalSeconds * 1e9))
                .toArray();

        assertThat(Arrays.stream(relative).min().orElseThrow()).isBetween(0.8, 0.81);
        assertThat(Arrays.stream(relative).max().orElseThrow()).isBetween(1.19, 1.2);
        assertThat(Arrays.stream(relative).average().orElseThrow()).isBetween(0.99, 1.01);
    }

    @Test
    void aPauseMayBeConstant() {
        ConnectBackoff constant = new ConnectBackoff(Duration.ofSeconds(1), Duration.ofSeconds(1));

        assertThat(constant.pauseNanos(9, ScriptedRandom.of(0))).isEqualTo(800_000_000);
    }

    @Test
    void wrongSettingsAreRejectedByName() {
        Duration second = Duration.ofSeconds(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConnectBackoff(Duration.ZERO, second))
                .withMessage("connectBackoff.initial is PT0S, must be positive");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConnectBackoff(second.negated(), second))
                .withMessage("connectBackoff.initial is PT-1S, must be positive");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConnectBackoff(second, Duration.ofMillis(999)))
                .withMessage("connectBackoff.max is PT0.999S, must be at least initial, PT1S");
    }
}
