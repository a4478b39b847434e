package dev.evenkeel.lb.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChanceTest {
    /** Returns in which share of so many experiments a run of failures this long turns up. */
    private static double simulated(long run, double share, int attempts, int experiments) {
        Random random = new Random(5);
        int seen = 0;
        for (int i = 0; i < experiments; i++) {
            int row = 0;
            int longest = 0;
            for (int j = 0; j < attempts; j++) {
                row = random.nextDouble() < share ? row + 1 : 0;
                longest = Math.max(longest, row);
            }
            seen += longest >= run ? 1 : 0;
        }
        return (double) seen / experiments;
    }

    /**
     * The limit of one in a thousand would take long to simulate. With a tenth of the attempts it is where a simulation sees one run in a hundred,
     * and near that a simulation is not exact either: what it sees in 3 % is luck, what it sees in 0.3 % is not.
     */
    @ParameterizedTest
    @CsvSource({"0.05, 100", "0.25, 100", "0.5, 100", "0.05, 1000", "0.25, 1000", "0.5, 1000"})
    void aRunIsLuckWhereASimulationSeesIt(double share, int attempts) {
        int luck = 0;
        int guilt = 0;
        for (int run = 1; run <= 25; run++) {
            double seen = simulated(run, share, attempts, 3000);
            if (seen > 0.03) {
                luck++;
                assertThat(Chance.explainsRun(run, share, attempts / 10))
                        .as("a run of %d", run)
                        .isTrue();
            } else if (seen < 0.003) {
                guilt++;
                assertThat(Chance.explainsRun(run, share, attempts / 10))
                        .as("a run of %d", run)
                        .isFalse();
            }
        }
        assertThat(luck).isPositive();
        assertThat(guilt).isPositive();
    }

    @Test
    void whereNothingFailsNoRunIsLuck() {
        assertThat(Chance.explainsRun(1, 0, 1_000_000_000)).isFalse();
        assertThat(Chance.explainsCount(1, 1_000_000, 0, 1000)).isFalse();
    }

    @Test
    void noFailureIsNothingToExplain() {
        assertThat(Chance.explainsCount(0, 100, 0, 10)).isTrue();
    }

    @Property(tries = 500)
    void aLongerRunIsNeverRatherLuck(
            @ForAll @IntRange(min = 1, max = 100) int run,
            @ForAll @DoubleRange(min = 0, max = 0.99) double share,
            @ForAll @IntRange(min = 1, max = 100_000) int attempts) {
        if (Chance.explainsRun(run + 1, share, attempts)) {
            assertThat(Chance.explainsRun(run, share, attempts)).isTrue();
        }
    }

    @Property(tries = 500)
    void moreFailuresAreNeverRatherLuckAndMoreOfThemElsewhereAlways(
            @ForAll @IntRange(min = 1, max = 200) int volume,
            @ForAll @DoubleRange(min = 0, max = 0.99) double share,
            @ForAll @IntRange(min = 1, max = 100) int endpoints) {
        boolean before = true;
        for (int failures = 0; failures <= volume; failures++) {
            boolean luck = Chance.explainsCount(failures, volume, share, endpoints);
            assertThat(luck).as("%d failures", failures).isIn(before, false);
            if (luck) {
                assertThat(Chance.explainsCount(failures, volume, Math.min(1, share + 0.01), endpoints))
                        .as("%d failures, with more elsewhere", failures)
                        .isTrue();
                assertThat(Chance.explainsCount(failures, volume, share, endpoints + 1))
                        .as("%d failures, among more endpoints", failures)
                        .isTrue();
            }
            before = luck;
        }
    }

    /** The bound errs on the side of luck, but not by much. */
    @Test
    void aCountIsLuckWhereItsShareIsUsualAndNotWhereItIsTwiceThat() {
        assertThat(Chance.explainsCount(25, 100, 0.25, 10)).isTrue();
        assertThat(Chance.explainsCount(35, 100, 0.25, 10)).isTrue();
        assertThat(Chance.explainsCount(50, 100, 0.25, 10)).isFalse();
    }

    private static final long SECOND = 1_000_000_000;
    private static final EndpointStats.Peers QUARTER = new EndpointStats.Peers(0.25, 100);

    @Test
    void fiveInARowAmongAQuarterOfFailuresAreLuckAndTwentyAreNot() {
        ConsecutiveFailures detector = ConsecutiveFailures.DEFAULT;

        assertThat(detector.isTooMany(5, SECOND, false, QUARTER)).isFalse();
        assertThat(detector.isTooMany(20, SECOND, false, QUARTER)).isTrue();
        assertThat(detector.isTooMany(5, SECOND, false, EndpointStats.Peers.UNKNOWN))
                .isTrue();
        assertThat(detector.isTooMany(4, SECOND, false, EndpointStats.Peers.UNKNOWN))
                .isFalse();
    }

    @Test
    void aRunIsABurstUntilItHasLastedForASecondIfManyFailAtOthersToo() {
        ConsecutiveFailures detector = ConsecutiveFailures.DEFAULT;

        assertThat(detector.isTooMany(20, SECOND - 1, false, QUARTER)).isFalse();
        assertThat(detector.isTooMany(20, 0, false, new EndpointStats.Peers(0.09, 100)))
                .isTrue();
    }

    @Test
    void anEndpointThatServesOthersIsNotJudged() {
        assertThat(ConsecutiveFailures.DEFAULT.isTooMany(20, SECOND, true, QUARTER))
                .isFalse();
        assertThat(ConsecutiveFailures.DEFAULT.isTooMany(1000, SECOND, true, EndpointStats.Peers.UNKNOWN))
                .isFalse();
    }

    @Test
    void whereNearlyAllFailEvenTwentyInARowAreLuck() {
        assertThat(ConsecutiveFailures.DEFAULT.isTooMany(20, SECOND, false, new EndpointStats.Peers(0.9, 100)))
                .isFalse();
    }
}
