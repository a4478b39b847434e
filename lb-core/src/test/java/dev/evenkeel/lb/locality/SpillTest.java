package dev.evenkeel.lb.locality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpillTest {
    private static final double OVERPROVISIONING = 1.4;

    /** Envoy's documentation, "Priority levels": two and three levels of 100 endpoints. */
    @ParameterizedTest
    @CsvSource({
        "100, 100, 0, 1.00, 0.00, 0.00",
        " 72, 100, 0, 1.00, 0.00, 0.00",
        " 71,  71, 0, 0.99, 0.01, 0.00",
        " 50,  50, 0, 0.70, 0.30, 0.00",
        " 25,  25, 0, 0.50, 0.50, 0.00",
        " 25,  25, 0, 0.50, 0.50, 0.00",
        "  0, 100, 0, 0.00, 1.00, 0.00",
        "  0,  72, 0, 0.00, 1.00, 0.00",
        "  0,   0, 100, 0.00, 0.00, 1.00",
        " 25,  25, 100, 0.35, 0.35, 0.30",
        "  0,   0, 0, 0.00, 0.00, 0.00"
    })
    void spillsAsEnvoyDoes(int first, int second, int third, double one, double two, double three) {
        double[] shares = Spill.shares(new int[] {first, second, third}, new int[] {100, 100, 100}, OVERPROVISIONING);

        assertThat(shares[0]).isEqualTo(one, within(0.0101));
        assertThat(shares[1]).isEqualTo(two, within(0.0101));
        assertThat(shares[2]).isEqualTo(three, within(0.0101));
    }

    @Property
    void sharesAreAllOfTheTrafficOrNothing(
            @ForAll @Size(min = 1, max = 6) int[] seeds, @ForAll @IntRange(min = 10, max = 30) int tenths) {
        int[] total = Arrays.stream(seeds).map(seed -> Math.floorMod(seed, 50)).toArray();
        int[] available = new int[total.length];
        Arrays.setAll(available, i -> Math.floorMod(seeds[i] / 50, total[i] + 1));

        double[] shares = Spill.shares(available, total, tenths / 10.0);

        boolean somebody = Arrays.stream(available).anyMatch(count -> count > 0);
        assertThat(Arrays.stream(shares).sum()).isEqualTo(somebody ? 1 : 0, within(1e-9));
        for (int i = 0; i < shares.length; i++) {
            assertThat(shares[i]).isBetween(0.0, 1 + 1e-9);
            if (available[i] == 0) {
                assertThat(shares[i]).isZero();
            }
        }
    }

    @Property
    void onePriorityLessAvailableNeverGetsMore(@ForAll @IntRange(min = 1, max = 50) int available) {
        int[] total = {50, 50};
        double before = Spill.shares(new int[] {available, 50}, total, OVERPROVISIONING)[0];
        double after = Spill.shares(new int[] {available - 1, 50}, total, OVERPROVISIONING)[0];

        assertThat(after).isLessThanOrEqualTo(before);
        assertThat(before - after).as("nothing jumps").isLessThanOrEqualTo(OVERPROVISIONING / 50 + 1e-9);
    }
}
