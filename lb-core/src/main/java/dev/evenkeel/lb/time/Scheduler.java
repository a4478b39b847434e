package dev.evenkeel.lb.time;

/**
 * Runs short, non-blocking tasks later, each exactly once.
 *
 * <p>There is no fixed-rate variant on purpose: a periodic task re-arms itself when it ends, so an exception in one run cannot
 * silently cancel all the others. Implementations are safe for use by many threads.
 */
@FunctionalInterface
public interface Scheduler {
    /**
     * Arranges for {@code task} to run once, {@code delayNanos} from now.
     *
     * @param delayNanos nanoseconds from now; zero or less means as soon as possible
     */
    Scheduled schedule(long delayNanos, Runnable task);

    /** A task that has been scheduled. */
    @FunctionalInterface
    interface Scheduled {
        /** Prevents the task from starting, if it has not yet started; otherwise does nothing. */
        void cancel();
    }
}
