package dev.evenkeel.lb.endpoint;

import org.jspecify.annotations.Nullable;

/**
 * Tells one listener the latest report: one at a time, never an older one after a newer one, and nothing twice in a row. What the
 * listener did not take, because it threw, it is told again with the next report.
 */
final class Reports {
    private final EndpointSource.Listener listener;
    private final SerialDelivery delivery = new SerialDelivery();
    private volatile @Nullable Report latest; // written by note, which the caller orders
    private volatile boolean closed; // set once, by the subscriber
    private @Nullable Report told; // used in deliveries, which follow one another

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
        if (closed || report == null || report.equals(told)) {
            return;
        }
        report.tell(listener);
        told = report;
    }
}
