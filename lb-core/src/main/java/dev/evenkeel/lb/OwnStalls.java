package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;

/**
 * Tells what an endpoint was late with from what this client was late for itself: a timeout, or a slow answer, while the process stood still
 * says nothing of the endpoint. Pure.
 */
final class OwnStalls {
    /** What stands in for an outcome of which the client's own stall is the cause: it says nothing about the endpoint. */
    static final Outcome STOOD_STILL = Outcome.of(Outcome.Kind.CANCELLED, "this client itself stood still meanwhile");

    /** Shorter stalls are no reason for a timeout, and attempts that were shorter need no look. Guessed. */
    static final long NOTICEABLE_NANOS = 100_000_000;

    /** The part of an attempt's time from which on a stall may have caused its end. Guessed. */
    private static final int PART = 5;

    private OwnStalls() {}

    /**
     * Returns whether an outcome is one that time may have caused and that would be held against the endpoint: it ran out of time, or
     * failed to connect, or lost to a hedge, or is an answer that took twice as long as most.
     */
    static boolean mayExplain(Outcome.Kind kind, long elapsedNanos, double medianNanos) {
        return kind == Outcome.Kind.TIMED_OUT
                || kind == Outcome.Kind.CONNECT_FAILED
                || kind == Outcome.Kind.HEDGE_LOST
                || (kind.isAnswer() && elapsedNanos > 2 * medianNanos);
    }

    /** Returns whether the client stood still for so much of an attempt's time that its outcome is no evidence. */
    static boolean explain(long elapsedNanos, long stalledNanos) {
        return stalledNanos >= NOTICEABLE_NANOS && stalledNanos >= elapsedNanos / PART;
    }
}
