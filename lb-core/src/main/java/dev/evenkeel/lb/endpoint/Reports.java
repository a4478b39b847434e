package dev.evenkeel.lb.endpoint;

import org.jspecify.annotations.Nullable;

/**
 * Tells one listener the latest report: one at a time, never an older one after a newer one, and nothing twice in a row but this: a list that
 * lost more than half of its endpoints is told again when the next look-up finds the same, because the core waits for that to believe
 * it. What the listener did not take, because it threw, it is told again with the next report.
 */
final class Reports {
    private final EndpointSource.Listener listener;
    private final SerialDelivery delivery = new SerialDelivery();
    private volatile @Nullable Report latest; // written by note, which the caller orders
    private volatile boolean closed; // set once, by the subscriber
    private @Nullable Report told; // used in deliveries, which follow one another
    private boolean doubtful; // whether what was told is a list that shrank; likewise

    Reports(EndpointSource.Listener listener) {
        this.listener = listener;
    }

    /** Notes a report without telling it, so that this may be done under a lock. */
    void note(Report report) {
        latest = report;
    }

    /** Tells the latest report, unless the listener knows it. */
    void deliver() {
        delivery.request(this::tellLatest);
    }

    /** Ends the reports: none begins from now on. */
    void close() {
        closed = true;
    }

    private void tellLatest() {
        Report report = latest;
        boolean again = report != null && report.equals(told);
        if (closed || report == null || (again && !doubtful)) {
            return;
        }
        report.tell(listener);
        doubtful = !again && isShrunk(report, told);
        told = report;
    }

    private static boolean isShrunk(Report now, @Nullable Report before) {
        return now instanceof Report.Found list
                && before instanceof Report.Found old
                && list.endpoints().size() * 2 < old.endpoints().size();
    }
}
