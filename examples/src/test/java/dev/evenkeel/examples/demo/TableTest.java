package dev.evenkeel.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.examples.demo.DemoServer.Mood;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
    private static final long MILLI = 1_000_000;

    private static final Options OPTIONS =
            new Options(PolicyChoice.LEAST_LOADED, Duration.ofSeconds(20), 1500, false, false);

    @Test
    void drawsEndpointsCallersAndWhatHappened() {
        Frame frame = frame(
                List.of(
                        row("orders-1", Mood.OK, 0.605, 3, latencies(5, 11), 6, true, "AVAILABLE"),
                        row("orders-2", Mood.SLOW, 0.02, 12, latencies(250, 1250), 251, true, "AVAILABLE"),
                        row(
                                "orders-3",
                                Mood.DOWN,
                                0,
                                0,
                                Latencies.NONE,
                                0,
                                false,
                                "CONNECT_FAILED, next try in 1.0 s")),
                new Happening(9_000 * MILLI, true, "orders-3 is killed"),
                new Happening(9_100 * MILLI, false, "UNAVAILABLE orders-3 – CONNECT_FAILED: connection refused"));

        assertThat(String.join("\n", new Table(Style.PLAIN).lines(frame)).stripTrailing() + "\n")
                .isEqualTo("""
                 Evenkeel  leastLoaded(PEAK_EWMA).draws(2)  1,500 requests/s                           9.4 s of 20 s

                 endpoint server share          in flight     p50     p99 expects  state
                 orders-1 ok      61 % ████▉            3  5.0 ms   11 ms  6.0 ms  AVAILABLE
                 orders-2 SLOW     2 % ▏               12  250 ms   1.3 s  251 ms  AVAILABLE
                 orders-3 DOWN     0 %                  0       –       –       –  CONNECT_FAILED, next try in 1.0 s



                 callers: 12,345 requests, 0 failures, 17 retries; now p50 8.0 ms, p99 31 ms

                  9.0 s  ▶ orders-3 is killed
                  9.1 s    UNAVAILABLE orders-3 – CONNECT_FAILED: connection refused
                """);
    }

    @Test
    void noLineIsWiderThanTheTable() {
        String endless = "x".repeat(500);
        Frame frame = frame(
                List.of(row("orders-1", Mood.FAILS, 1, 9999, latencies(99_949, 99_949), 99_949, false, endless)),
                new Happening(3_599_900 * MILLI, false, endless));

        assertThat(new Table(Style.PLAIN).lines(frame))
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @Test
    void everyFrameHasAsManyLines() {
        List<Row> rows = new ArrayList<>();
        List<Happening> happenings = new ArrayList<>();
        int lines = new Table(Style.PLAIN).lines(frame(rows)).size();
        for (int i = 1; i <= 5; i++) {
            rows.add(row("orders-" + i, Mood.OK, 0.2, 1, latencies(5, 11), 6, true, "AVAILABLE"));
            happenings.addAll(List.of(
                    new Happening(i, true, "one"), new Happening(i, false, "two"), new Happening(i, true, "three")));

            assertThat(new Table(Style.PLAIN).lines(frame(rows, happenings.toArray(Happening[]::new))))
                    .hasSize(lines);
        }
    }

    @Test
    void theLatestHappeningsAreKept() {
        Happening[] many = new Happening[30];
        for (int i = 0; i < many.length; i++) {
            many[i] = new Happening(i, true, "step " + i);
        }

        List<String> lines = new Table(Style.PLAIN).lines(frame(List.of(), many));

        assertThat(lines.get(lines.size() - 1)).endsWith("step 29");
        assertThat(String.join("\n", lines)).doesNotContain("step 20\n").contains("step 21\n");
    }

    @Test
    void coloursChangeNothingButColours() {
        Frame frame = frame(
                List.of(row("orders-1", Mood.FAILS, 0.5, 3, latencies(5, 11), 6, false, "CONNECT_FAILED")),
                new Happening(1, true, "orders-1 is killed"));

        List<String> coloured = new Table(Style.COLOURED).lines(frame);

        assertThat(coloured).anySatisfy(line -> assertThat(line).contains("\033[31mCONNECT_FAILED\033[0m"));
        assertThat(coloured.stream().map(line -> line.replaceAll("\033\\[\\d+m", "")))
                .isEqualTo(new Table(Style.PLAIN).lines(frame));
    }

    private static Frame frame(List<Row> rows, Happening... happenings) {
        Totals totals = new Totals(new Latencies(12_345, 9 * MILLI, 40 * MILLI), 0, "", 17, 12_400);
        return new Frame(9_400 * MILLI, OPTIONS, rows, latencies(8, 31), totals, List.of(happenings));
    }

    private static Row row(
            String name,
            Mood mood,
            double share,
            int inFlight,
            Latencies recent,
            long expectedMillis,
            boolean available,
            String state) {
        return new Row(name, mood, share, inFlight, recent, expectedMillis * MILLI, available, state);
    }

    private static Latencies latencies(long p50Millis, long p99Millis) {
        return new Latencies(100, p50Millis * MILLI, p99Millis * MILLI);
    }
}
