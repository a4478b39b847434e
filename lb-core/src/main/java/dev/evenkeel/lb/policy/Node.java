package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;

/** An endpoint with its live state, as policies see it. Readings may be a moment old; safe for use by many threads. */
public interface Node {
    /** Returns what discovery says of the endpoint; its weight is the one to honour. */
    Endpoint endpoint();

    /** Returns how many attempts have been picked and not yet completed; never negative. */
    int inFlight();

    /**
     * Returns the latency to expect, in nanoseconds: a peak-sensitive moving average in which failures count as slow answers, and
     * never less than the mean age of the attempts that still wait for their first answer.
     *
     * @param nowNanos the current reading of the clock
     * @return a positive number, or 0 while no attempt has been answered yet
     */
    double latencyNanos(long nowNanos);
}
