package dev.evenkeel.lb.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Property(tries = 200)
    void percentilesAreExactWithinTheWidthOfABucket(
            @ForAll @NotEmpty List<@LongRange(min = 0, max = 1L << 45) Long> values) {
        Latencies fine = Latencies.fine();
        Latencies coarse = Latencies.coarse();
        values.forEach(fine::add);
        values.forEach(coarse::add);
        List<Long> sorted = values.stream().sorted().toList();

        for (double percent : new double[] {1, 50, 90, 99, 100}) {
            double exact = sorted.get((int) Math.ceil(sorted.size() * percent / 100) - 1);
            assertThat((double) fine.percentile(percent).toNanos()).isCloseTo(exact, Percentage.withPercentage(0.4));
            assertThat((double) coarse.percentile(percent).toNanos()).isCloseTo(exact, Percentage.withPercentage(3.2));
        }
        assertThat(fine.max()).isEqualTo(Duration.ofNanos(sorted.get(sorted.size() - 1)));
    }

    @Property(tries = 100)
    void sumsAreAsIfAllHadBeenEnteredInOne(
            @ForAll List<@LongRange(min = 0, max = 1L << 40) Long> some,
            @ForAll @NotEmpty List<@LongRange(min = 0, max = 1L << 40) Long> others) {
        Latencies sum = Latencies.coarse();
        Latencies more = Latencies.coarse();
        Latencies all = Latencies.coarse();
        some.forEach(sum::add);
        others.forEach(more::add);
        some.forEach(all::add);
        others.forEach(all::add);

        sum.addAll(more);

        assertThat(sum).hasToString(all.toString());
        assertThat(sum.count()).isEqualTo(all.count());
        assertThat(sum.max()).isEqualTo(all.max());
    }

    @Test
    void withoutCallsThereIsNoLatency() {
        assertThatThrownBy(() -> Latencies.fine().percentile(50))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no call ended");
        assertThat(Latencies.fine()).hasToString("none");
    }
}
