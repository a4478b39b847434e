package dev.evenkeel.examples.demo;

import java.util.stream.Collectors;

/** Writes lines: each event as it comes, and how things are once a second. */
final class PlainDisplay implements Display {
    private final Terminal terminal;
    private int happeningsShown; // these two are written by the thread that shows
    private long nextStatusNanos = 1_000_000_000;

    PlainDisplay(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void show(Frame frame) {
        StringBuilder text = new StringBuilder();
        for (Happening happening :
                frame.happenings().subList(happeningsShown, frame.happenings().size())) {
            text.append(happening).append('\n');
        }
        happeningsShown = frame.happenings().size();
        if (frame.elapsedNanos() >= nextStatusNanos) {
            text.append(status(frame)).append('\n');
            nextStatusNanos += 1_000_000_000;
        }
        terminal.write(text.toString());
    }

    static String status(Frame frame) {
        String shares = frame.rows().stream()
                .map(row -> row.name() + " " + (row.available() ? Units.percent(row.share()) : "out"))
                .collect(Collectors.joining(", "));
        return "%7s  %s, p50 %s, p99 %s | %s"
                .formatted(
                        Units.seconds(frame.elapsedNanos()),
                        Units.count(frame.totals().failures(), "failure", "failures"),
                        Units.latency(frame.callers().p50Nanos()),
                        Units.latency(frame.callers().p99Nanos()),
                        shares);
    }

    @Override
    public void close() {}
}
