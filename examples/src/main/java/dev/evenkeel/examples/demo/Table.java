package dev.evenkeel.examples.demo;

import java.util.ArrayList;
import java.util.List;

/** Draws a frame as lines. The same frame gives the same text, and every frame of a run as many lines. */
final class Table {
    /** Without colours, no line is wider. */
    static final int WIDTH = 100;

    private static final int ENDPOINTS = 5;
    private static final int HAPPENINGS = 9;
    private static final String NAMES = " %-8s %-6s ";
    private static final String NUMBERS = "%5s %-8s %9s %7s %7s %7s  ";
    private static final int STATE_WIDTH = WIDTH - 67;

    private final Style style;

    Table(Style style) {
        this.style = style;
    }

    List<String> lines(Frame frame) {
        List<String> lines = new ArrayList<>();
        lines.add(title(frame));
        lines.add("");
        lines.add(style.dim(NAMES.formatted("endpoint", "server")
                + NUMBERS.formatted("share", "", "in flight", "p50", "p99", "expects") + "state"));
        for (int i = 0; i < ENDPOINTS; i++) {
            lines.add(i < frame.rows().size() ? row(frame.rows().get(i)) : "");
        }
        lines.add("");
        lines.add(callers(frame));
        lines.add("");
        List<Happening> all = frame.happenings();
        List<Happening> latest = all.subList(Math.max(0, all.size() - HAPPENINGS), all.size());
        for (int i = 0; i < HAPPENINGS; i++) {
            lines.add(i < latest.size() ? happening(latest.get(i)) : "");
        }
        return lines;
    }

    private String title(Frame frame) {
        Options options = frame.options();
        String what = " Evenkeel  " + options.policy().policy() + "  " + Units.count(options.requestsPerSecond())
                + " requests/s";
        String when =
                Units.seconds(frame.elapsedNanos()) + " of " + options.length().toSeconds() + " s";
        return style.bold(what + " ".repeat(Math.max(1, WIDTH - what.length() - when.length())) + when);
    }

    private String row(Row row) {
        boolean well = row.mood() == DemoServer.Mood.OK;
        String names = NAMES.formatted(row.name(), well ? "ok" : row.mood());
        String numbers = NUMBERS.formatted(
                Units.percent(row.share()),
                Bar.of(row.share()),
                row.inFlight(),
                Units.latency(row.recent().p50Nanos()),
                Units.latency(row.recent().p99Nanos()),
                Units.latency(row.expectedNanos()));
        String state = cut(row.state(), STATE_WIDTH);
        return (well ? names : style.warning(names))
                + numbers
                + (row.available() ? style.good(state) : style.bad(state));
    }

    private String callers(Frame frame) {
        Totals totals = frame.totals();
        String failures = Units.count(totals.failures(), "failure", "failures");
        return " callers: " + Units.count(totals.requests(), "request", "requests") + ", "
                + (totals.failures() == 0 ? style.good(failures) : style.bad(failures)) + ", "
                + Units.count(totals.retries(), "retry", "retries") + "; now p50 "
                + Units.latency(frame.callers().p50Nanos()) + ", p99 "
                + Units.latency(frame.callers().p99Nanos());
    }

    private String happening(Happening happening) {
        String line = cut(happening.toString(), WIDTH);
        return happening.byUs() ? style.warning(line) : line;
    }

    private static String cut(String text, int width) {
        return text.length() <= width ? text : text.substring(0, width - 1) + "…";
    }
}
