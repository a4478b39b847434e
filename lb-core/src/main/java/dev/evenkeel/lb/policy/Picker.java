package dev.evenkeel.lb.policy;

/**
 * Chooses a node for one attempt, from candidates that were frozen when the picker was made.
 *
 * <p>Called by many threads at once on the path of every request: it must not lock, block or do I/O, and should not allocate. It
 * returns one of its candidates, always.
 */
@FunctionalInterface
public interface Picker {
    /**
     * Picks.
     *
     * @param context the call
     * @param nowNanos the clock's reading, taken once for the whole pick
     */
    Node pick(PickContext context, long nowNanos);
}
