package dev.evenkeel.lb.time;

/**
 * Knows for how long this process stood still lately: for a garbage collection, a machine that sleeps, or for want of a processor. What the
 * process was late for itself is no evidence against the endpoints that it waits for. Safe for use by many threads.
 */
@FunctionalInterface
public interface StallMeter {
    /** Notices nothing. */
    StallMeter NONE = sinceNanos -> 0;

    /**
     * Returns how much of the time since then the process stood still, in nanoseconds; only as far back as it is known. Costs less than a
     * microsecond.
     *
     * @param sinceNanos a reading of the environment's {@link Ticker}
     */
    long stalledNanos(long sinceNanos);

    /** Watches from now on, until the returned registration is cancelled; what happens while there is none may go unnoticed. */
    default Scheduler.Scheduled watch() {
        return () -> {};
    }
}
