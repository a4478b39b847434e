package dev.evenkeel.lb.sim;

import java.util.stream.IntStream;

/** What callers and servers saw in a part of a run. Calls belong to the moment at which they end. */
public final class Period {
    private final long failures;
    private final long[] received; // by tier
    private final Latencies latency;
    private final int[] tiers; // by server
    private final long[] picks; // by server

    Period(long failures, long[] received, Latencies latency, int[] tiers, long[] picks) {
        this.failures = failures;
        this.received = received;
        this.latency = latency;
        this.tiers = tiers;
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
        Check.range("server", server, 0, picks.length - 1);
        return picks[server];
    }

    /** Returns a server's share of all picks in its tier, 0 to 1; 0 when there were none. */
    public double share(int server) {
        long mine = picks(server);
        long all = IntStream.range(0, picks.length)
                .filter(other -> tiers[other] == tiers[server])
                .mapToLong(other -> picks[other])
                .sum();
        return all == 0 ? 0 : (double) mine / all;
    }

    @Override
    public String toString() {
        return calls() + " calls, " + failures + " failed; latency " + latency;
    }
}
