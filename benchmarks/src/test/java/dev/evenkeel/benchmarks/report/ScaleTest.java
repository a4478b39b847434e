package dev.evenkeel.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class ScaleTest {
    @Test
    void marksAreNumbersThatReadWell() {
        assertThat(Scale.linear(14).ticks()).containsExactly(0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0);
        assertThat(Scale.linear(33).ticks()).containsExactly(0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0);
        assertThat(Scale.endingAt(65).ticks()).containsExactly(0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0);
        assertThat(Scale.logarithmic(20, 1_000).ticks()).containsExactly(20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0);
        assertThat(Scale.logarithmic(30, 400).ticks()).containsExactly(20.0, 50.0, 100.0, 200.0, 500.0);
    }

    @Test
    void aLogarithmicScaleGivesEachFactorTheSameRoom() {
        Scale scale = Scale.logarithmic(10, 1_000);

        assertThat(scale.at(10)).isEqualTo(0);
        assertThat(scale.at(100)).isCloseTo(0.5, within(1e-12));
        assertThat(scale.at(1_000)).isEqualTo(1);
        assertThat(scale.at(5_000)).as("beyond the end").isEqualTo(1);
    }

    @Property
    void everyLinearScaleReachesItsMostWithAFewMarks(@ForAll @DoubleRange(min = 0.01, max = 1e6) double most) {
        Scale scale = Scale.linear(most);
        double last = scale.ticks().get(scale.ticks().size() - 1);

        assertThat(last).isGreaterThanOrEqualTo(most * (1 - 1e-9));
        assertThat(scale.ticks()).hasSizeBetween(4, 10).isSorted();
        assertThat(scale.at(most)).isBetween(0.6, 1.0);
    }
}
