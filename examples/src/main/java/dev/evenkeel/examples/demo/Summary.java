package dev.evenkeel.examples.demo;

import java.util.Locale;

/** What remains to be said at the end. */
final class Summary {
    private Summary() {}

    static String of(Frame frame) {
        Totals totals = frame.totals();
        Latencies callers = totals.callers();
        StringBuilder text = new StringBuilder("\n");
        line(text, "policy", frame.options().policy().policy().toString());
        line(text, "requests", Units.count(totals.requests()) + " in " + Units.seconds(frame.elapsedNanos()));
        line(
                text,
                "failures seen by callers",
                Units.count(totals.failures())
                        + (totals.failures() == 0 ? "" : ", the first: " + totals.firstFailure()));
        line(text, "retries", Units.count(totals.retries()));
        line(
                text,
                "amplification",
                String.format(Locale.ROOT, "%.3f", totals.amplification()) + ": servers saw "
                        + Units.count(totals.atServers()) + " requests");
        line(
                text,
                "latency for callers",
                "p50 " + Units.latency(callers.p50Nanos()) + ", p99 " + Units.latency(callers.p99Nanos()));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(" %-26s%s\n".formatted(name, value));
    }
}
