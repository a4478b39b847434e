package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class ServiceTimeTest {
    @Test
    void aConstantIsTheSameForAll() {
        ServiceTime time = ServiceTime.constant(millis(7));

        assertThat(time.nanos(0)).isEqualTo(time.nanos(0.999)).isEqualTo(7_000_000);
        assertThat(time).hasToString("constant 7 ms");
    }

    @Test
    void theExponentialHasItsMean() {
        assertThat(mean(ServiceTime.exponential(millis(10)))).isCloseTo(1e7, Percentage.withPercentage(0.1));
    }

    @Test
    void theLogNormalHasItsMedianAndItsMean() {
        ServiceTime time = ServiceTime.logNormal(millis(25), 0.5);

        assertThat((double) time.nanos(0.5)).isCloseTo(25e6, Percentage.withPercentage(0.01));
        assertThat((double) time.nanos(0.99)).isCloseTo(25e6 * Math.exp(2.3263 * 0.5), Percentage.withPercentage(0.1));
        assertThat(mean(time)).isCloseTo(25e6 * Math.exp(0.125), Percentage.withPercentage(0.1));
    }

    @Property
    void theTableFollowsTheFunction(@ForAll @Scale(6) @DoubleRange(min = 0.01, max = 0.999999) double share) {
        ServiceTime table = ServiceTime.logNormal(millis(25), 1);

        double exact = 25e6 * Math.exp(Quantiles.normal(share));

        assertThat((double) table.nanos(share)).isCloseTo(exact, Percentage.withPercentage(0.1));
    }

    @Test
    void theNormalQuantilesAreThoseOfTheTables() {
        assertThat(Quantiles.normal(0.5)).isZero();
        assertThat(Quantiles.normal(0.975)).isCloseTo(1.959963985, within(1e-8));
        assertThat(Quantiles.normal(0.001)).isCloseTo(-3.090232306, within(1e-8));
        assertThat(Quantiles.normal(0)).isFinite();
    }

    private static double mean(ServiceTime time) {
        int draws = 1_000_000;
        return IntStream.range(0, draws)
                        .mapToDouble(i -> time.nanos((i + 0.5) / draws))
                        .sum()
                / draws;
    }
}
