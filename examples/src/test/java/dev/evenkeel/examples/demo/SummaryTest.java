package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {
    private static final Latencies CALLERS = new Latencies(4_000, 9_000_000, 40_000_000);

    @Test
    void saysWhatCallersAndServersSaw() {
        assertThat(summary(new Totals(CALLERS, 0, "", 17, 4_016))).isEqualTo("""

                         policy                    leastLoaded(PEAK_EWMA).draws(2)
                         requests                  4,000 in 20.0 s
                         failures seen by callers  0
                         retries                   17
                         amplification             1.004: servers saw 4,016 requests
                         latency for callers       p50 9.0 ms, p99 40 ms
                        """);
    }

    @Test
    void showsHowTheFirstFailureLooked() {
        assertThat(summary(new Totals(CALLERS, 2, "HTTP 503", 17, 4_016)))
                .contains("failures seen by callers  2, the first: HTTP 503\n");
    }

    private static String summary(Totals totals) {
        return Summary.of(new Frame(20_000_000_000L, Options.DEFAULT, List.of(), Latencies.NONE, totals, List.of()));
    }
}
