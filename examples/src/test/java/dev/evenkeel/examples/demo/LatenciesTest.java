package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Test
    void percentilesAreNearestRanks() {
        assertThat(Latencies.of(LongStream.rangeClosed(1, 100))).isEqualTo(new Latencies(100, 50, 99));
        assertThat(Latencies.of(LongStream.of(7))).isEqualTo(new Latencies(1, 7, 7));
        assertThat(Latencies.of(LongStream.empty())).isEqualTo(Latencies.NONE);
    }

    @Test
    void aHistogramIsRightToWithinThreePercent() {
        Histogram histogram = new Histogram();
        LongStream.rangeClosed(1, 100_000).forEach(i -> histogram.add(i * 1_000));

        Latencies read = histogram.read();

        assertThat(read.count()).isEqualTo(100_000);
        assertThat(read.p50Nanos()).isCloseTo(50_000_000L, Percentage.withPercentage(3.2));
        assertThat(read.p99Nanos()).isCloseTo(99_000_000L, Percentage.withPercentage(3.2));
    }

    @Test
    void aHistogramTakesAnyLatency() {
        Histogram histogram = new Histogram();
        histogram.add(0);
        histogram.add(Long.MAX_VALUE);

        assertThat(histogram.read().count()).isEqualTo(2);
        assertThat(new Histogram().read()).isEqualTo(Latencies.NONE);
    }

    @Test
    void whatIsOlderThanASecondIsForgotten() {
        RecentLatencies recent = new RecentLatencies();
        recent.add(0, 5);
        recent.add(600_000_000, 7);

        assertThat(recent.at(900_000_000).count()).isEqualTo(2);
        assertThat(recent.at(1_500_000_000)).isEqualTo(new Latencies(1, 7, 7));
        assertThat(recent.at(2_000_000_000)).isEqualTo(Latencies.NONE);
    }
}
