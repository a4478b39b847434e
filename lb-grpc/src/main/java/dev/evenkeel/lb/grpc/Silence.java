package dev.evenkeel.lb.grpc;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Notices that nothing comes over a connection any more: calls run into their deadlines without a word, and nobody closes it. A machine that
 * vanished does that, or a firewall that forgot the connection, and TCP finds out after a quarter of an hour. Safe for use by many threads.
 */
final class Silence {
    /** Guessed: more than a coincidence. */
    private static final int TIMEOUTS = 3;

    private final AtomicInteger ends = new AtomicInteger(); // how often something was heard after timeouts
    private final AtomicInteger timeouts = new AtomicInteger(); // since something was heard
    private final Runnable suspected;

    /**
     * Creates one.
     *
     * @param suspected is run when there is reason to look again in a while whether the silence lasts, on any thread
     */
    Silence(Runnable suspected) {
        this.suspected = suspected;
    }

    /** Learns that something came. */
    void heard() {
        if (timeouts.get() != 0) {
            ends.incrementAndGet();
            timeouts.set(0);
        }
    }

    /** Learns that a call's time was over, and nothing had come for it. */
    void timedOut() {
        if (timeouts.incrementAndGet() == TIMEOUTS) {
            suspected.run();
        }
    }

    /** Returns a number that is another one for each silence. */
    int number() {
        return ends.get();
    }

    /** Returns whether the silence with this number goes on, and is long enough to mean something. */
    boolean lasts(int number) {
        return number == ends.get() && timeouts.get() >= TIMEOUTS;
    }
}
