package dev.evenkeel.lb.okhttp;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/** What should never happen in a client, counted, so that it does not go unnoticed. Safe for use by many threads. */
final class Anomalies {
    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttp.class.getName());

    private final LeakWatch leaks = new LeakWatch();
    private final LongAdder misrouted = new LongAdder();
    private final AtomicBoolean logged = new AtomicBoolean();

    LeakWatch leaks() {
        return leaks;
    }

    /** Records that a request was about to go over a connection that leads elsewhere, and says so once. */
    void misrouted(String message) {
        misrouted.increment();
        if (logged.compareAndSet(false, true)) {
            LOG.log(System.Logger.Level.WARNING, message + ". It is logged only this once");
        }
    }

    long misrouted() {
        return misrouted.sum();
    }
}
