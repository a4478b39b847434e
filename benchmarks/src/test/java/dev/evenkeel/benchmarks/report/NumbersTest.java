package dev.evenkeel.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class NumbersTest {
    @Test
    void numbersHaveAsManyDecimalsAsAskedFor() {
        assertThat(Numbers.fixed(1.005, 1)).isEqualTo("1.0");
        assertThat(Numbers.fixed(0.04999, 2)).isEqualTo("0.05");
        assertThat(Numbers.fixed(12.96, 1)).isEqualTo("13.0");
        assertThat(Numbers.fixed(1_234_567.5, 0)).isEqualTo("1234568");
    }

    @Test
    void onlyWhereNoCallFailedItSaysAHundred() {
        assertThat(Numbers.success(1)).isEqualTo("100 %");
        assertThat(Numbers.success(0.99999)).isEqualTo("99.99 %");
        assertThat(Numbers.success(0)).isEqualTo("0.00 %");
    }

    @Test
    void durationsHaveTheDecimalsThatTheyNeed() {
        assertThat(Numbers.millis(Duration.ofNanos(1_260_000))).isEqualTo("1.3");
        assertThat(Numbers.millis(Duration.ofNanos(99_700_000))).isEqualTo("100");
        assertThat(Numbers.seconds(Duration.ofSeconds(30))).isEqualTo("30");
        assertThat(Numbers.seconds(Duration.ofMillis(7_500))).isEqualTo("7.5");
    }
}
