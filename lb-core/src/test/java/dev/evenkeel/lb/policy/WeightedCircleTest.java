package dev.evenkeel.lb.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class WeightedCircleTest {
    @Property(tries = 300)
    void everyArcIsAsLongAsItsShare(@ForAll("weights") double[] weights) {
        assertShares(weights);
    }

    @Example
    void shortArcsAreNotLost() {
        assertShares(1, 1_000_000);
        assertShares(1_000_000, 1, 1_000_000, 1, 1);
        assertShares(1e-6, 1, 1_000_000);
    }

    @Example
    void theSmallestDoublesAreWeightsToo() {
        assertShares(Double.MIN_VALUE, Double.MIN_VALUE);
        assertShares(Double.MIN_VALUE, 1_000_000);
        assertShares(1_000_000, Double.MIN_VALUE, Double.MIN_VALUE);
    }

    /** Arcs are in the order of their weights, so walking along the circle meets each once. */
    private static void assertShares(double... weights) {
        WeightedCircle circle = new WeightedCircle(weights);
        double total = Arrays.stream(weights).sum();
        double begin = 0;
        for (int arc = 0; arc < weights.length; arc++) {
            double end = endOf(circle, arc);
            assertThat(end - begin).isCloseTo(weights[arc] / total, within(1e-9));
            begin = end;
        }
        assertThat(begin).isEqualTo(1);
    }

    /** Returns the share of the circle up to the first point that is beyond an arc. */
    private static double endOf(WeightedCircle circle, int arc) {
        if (circle.arcAt(-1) <= arc) {
            return 1;
        }
        if (circle.arcAt(0) > arc) {
            return 0;
        }
        long within = 0;
        long beyond = -1;
        while (Long.compareUnsigned(beyond - within, 1) > 0) {
            long middle = within + ((beyond - within) >>> 1);
            if (circle.arcAt(middle) > arc) {
                beyond = middle;
            } else {
                within = middle;
            }
        }
        return (beyond >>> 11) * 0x1p-53;
    }

    @Provide
    Arbitrary<double[]> weights() {
        return Arbitraries.doubles()
                .between(1e-6, 1e6)
                .ofScale(6)
                .array(double[].class)
                .ofMinSize(1)
                .ofMaxSize(200);
    }
}
