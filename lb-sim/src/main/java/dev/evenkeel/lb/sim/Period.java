package dev.evenkeel.lb.sim;

/** What callers and servers saw in a part of a run. Calls belong to the moment at which they end. */
public final class Period {
    private final long failures;
    private final long[] received; // by tier
    private final Latencies latency;
    private final Picks picks;

    Period(long failures, long[] received, Latencies latency, Picks picks) {
        this.failures = failures;
        this.received = received;
        this.latency = latency;
        this.picks = picks;
    }

    /** Returns how many calls ended. */
    public long calls() {
        return latency.count();
    }

    /** Returns how many calls failed. */
    public long failures() {
        return failures;
    }

    /** Returns the share of calls that succeeded; 1 when there were none. */
    public double successRate() {
        return calls() == 0 ? 1 : 1 - (double) failures / calls();
    }

    /** Returns how long calls took. */
    public Latencies latency() {
        return latency;
    }

    /** Returns how many attempts reached the servers that clients call, for each call that ended; 0 when there were none. */
    public double attemptsPerCall() {
        return attemptsPerCall(0);
    }

    /**
     * Returns how many attempts reached the servers of a tier for each call of a client that ended; 0 when there were none. What is
     * above 1 was made of retries, in this tier or before it.
     *
     * @param tier 0 is the one that clients call, see {@link Simulation#nextTier}
     */
    public double attemptsPerCall(int tier) {
        Check.range("tier", tier, 0, received.length - 1);
        return calls() == 0 ? 0 : (double) received[tier] / calls();
    }

    /** Returns how often a server was picked. */
    public long picks(int server) {
        return picks.of(server);
    }

    /** Returns a server's share of all picks in its tier, 0 to 1; 0 when there were none. */
    public double share(int server) {
        return picks.share(server);
    }

    /**
     * Returns of the picks for calls with a key, in the tier that clients call, the share that went to another server than the pick before
     * with the same key, whoever made it; 0 when there were none. A cache on the servers misses that often for this reason.
     */
    public double movedShare() {
        return picks.movedShare();
    }

    @Override
    public String toString() {
        return calls() + " calls, " + failures + " failed; latency " + latency;
    }
}
