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

class AliasTableTest {
    private static final long LOWER = 1L << 32;

    /** Not by drawing: the table is taken apart, column by column, and the parts of each index are added up. */
    @Property(tries = 300)
    void theColumnsOfAnIndexAddUpToItsShare(@ForAll("weights") double[] weights) {
        assertShares(weights);
    }

    @Example
    void rareIndicesAreNotLost() {
        assertShares(1, 1_000_000);
        assertShares(1e-6, 1, 1_000_000);
        assertShares(1_000_000, 1_000_000, 1_000_000, 1);
    }

    @Example
    void theSmallestDoublesAreWeightsToo() {
        assertShares(Double.MIN_VALUE, Double.MIN_VALUE);
        assertShares(Double.MIN_VALUE, 3 * Double.MIN_VALUE, 2 * Double.MIN_VALUE);
        assertShares(Double.MIN_VALUE, 1_000_000);
    }

    @Example
    void oneIndexIsAlwaysDrawn() {
        AliasTable table = new AliasTable(new double[] {7});

        assertThat(table.draw(-1)).isZero();
        assertThat(table.draw(0)).isZero();
    }

    private static void assertShares(double... weights) {
        AliasTable table = new AliasTable(weights);
        double[] shares = new double[weights.length];
        for (int column = 0; column < weights.length; column++) {
            long upper = ((column * LOWER + weights.length - 1) / weights.length) << 32;
            int first = table.draw(upper);
            int last = table.draw(upper + LOWER - 1);
            double kept = first == last ? 1 : (double) firstOf(table, upper, last) / LOWER;
            shares[first] += kept / weights.length;
            shares[last] += (1 - kept) / weights.length;
        }
        double total = Arrays.stream(weights).sum();
        for (int i = 0; i < weights.length; i++) {
            assertThat(shares[i]).isCloseTo(weights[i] / total, within(1e-9));
        }
    }

    /** Returns from which lower bits on a column gives its second index. */
    private static long firstOf(AliasTable table, long upper, int second) {
        long below = 0;
        long above = LOWER - 1;
        while (below + 1 < above) {
            long middle = (below + above) / 2;
            if (table.draw(upper + middle) == second) {
                above = middle;
            } else {
                below = middle;
            }
        }
        return above;
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
