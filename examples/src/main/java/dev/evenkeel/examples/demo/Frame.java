package dev.evenkeel.examples.demo;

import java.util.List;

/**
 * All that is shown at one moment.
 *
 * @param elapsedNanos nanoseconds since the start
 * @param options what was asked for
 * @param rows the endpoints, in the order of the list
 * @param callers what callers saw in the last second
 * @param totals what has happened since the start
 * @param happenings everything that happened, in order
 */
record Frame(
        long elapsedNanos,
        Options options,
        List<Row> rows,
        Latencies callers,
        Totals totals,
        List<Happening> happenings) {
    Frame {
        rows = List.copyOf(rows);
        happenings = List.copyOf(happenings);
    }
}
