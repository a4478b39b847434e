package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;

/** An endpoint with its live state, as policies see it. Readings may be a moment old; safe for use by many threads. */
public interface Node {
    /** Returns what discovery says of the endpoint. */
    Endpoint endpoint();

    /**
     * Returns the share of traffic to give the node, relative to the others; more than 0. It is the endpoint's own weight, or less while
     * the node starts slowly, answers slowly or asked for less load. A picker that honours it may read it once, when it is made.
     */
    default double weight() {
        return endpoint().weight();
    }

    /** Returns how many attempts have been picked and not yet completed; never negative. */
    int inFlight();

    /**
     * Returns whether the node has failed since its latest good answer, other than by being late: then its queue is short because failing is
     * quick, and says nothing. An attempt that ran out of time has waited in the queue like any other.
     */
    default boolean isFailing() {
        return false;
    }

    /**
     * Returns whether the node asked for less load a moment ago: then keys go past it, as long as there is another. A picker is made anew when
     * that changes, so it may read it once, when it is made.
     */
    default boolean isPushedBack() {
        return false;
    }

    /**
     * Returns the latency to expect, in nanoseconds: a peak-sensitive moving average in which failures count as slow answers, and
     * never less than the mean age of the attempts that still wait for their first answer.
     *
     * @param nowNanos the current reading of the clock
     * @return a positive number, or 0 while it is not known: no attempt has been answered yet, or not for so long that it is time to try
     */
    double latencyNanos(long nowNanos);

    /** Returns what to assume where the latency is not known: what is usual at the service, in nanoseconds; 0 where nothing is known. */
    default double usualLatencyNanos() {
        return 0;
    }
}
