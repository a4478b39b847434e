package dev.evenkeel.lb.time;

/**
 * A clock for measuring elapsed time: the core's only source of "now".
 *
 * <p>Readings are nanoseconds from an arbitrary origin, may be negative and may overflow, so compare two of them only by their
 * difference, as with {@link System#nanoTime()}. Implementations are safe for use by many threads.
 */
@FunctionalInterface
public interface Ticker {
    /** Returns the current reading, in nanoseconds. */
    long nanos();
}
