package dev.evenkeel.lb;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells whether a service as a whole is slower than it lately was: its median latency against the lowest of late, which is taken for normal and
 * grows by 1 % a second. A median does not move when a few endpoints become slow, and those that never answer are not in it at all. Safe for
 * use by many threads; an update that another thread overwrites is no loss.
 */
final class LatencyRise {
    /** Half as slow again; the estimates tremble by a tenth. Tried in the simulator. */
    private static final double NOTICEABLE = 1.5;

    /** The first answers lead the median away from the very first one, and that is no rise. */
    private static final int ENOUGH = 30;

    private static final double GROWTH = 1.01;
    private static final long SECOND_NANOS = 1_000_000_000;

    private final AtomicLong median = new AtomicLong(RunningMedian.UNMEASURED);
    private final AtomicLong dueNanos; // when normal is looked at again
    private final AtomicInteger answers = new AtomicInteger(); // up to ENOUGH
    private volatile double normalNanos; // written by whoever moves dueNanos; 0 at first

    LatencyRise(long nowNanos) {
        this.dueNanos = new AtomicLong(nowNanos + SECOND_NANOS);
    }

    /** Learns how long an answer took. */
    void observe(long latencyNanos, long nowNanos) {
        median.setOpaque(RunningMedian.observe(median.getOpaque(), latencyNanos));
        int before = answers.getOpaque();
        if (before < ENOUGH) {
            answers.setOpaque(before + 1);
            return;
        }
        long due = dueNanos.getOpaque();
        if (nowNanos - due >= 0 && dueNanos.compareAndSet(due, nowNanos + SECOND_NANOS)) {
            double now = RunningMedian.nanos(median.getOpaque());
            double normal = normalNanos;
            double grown = normal * Math.min(2, StrictMath.pow(GROWTH, 1 + (nowNanos - due) / 1e9));
            normalNanos = normal == 0 ? now : Math.min(now, grown);
        }
    }

    /** Returns whether it is. */
    boolean isRisen() {
        double normal = normalNanos;
        return normal > 0 && RunningMedian.nanos(median.getOpaque()) > NOTICEABLE * normal;
    }
}
