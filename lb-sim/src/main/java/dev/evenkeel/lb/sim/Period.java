package dev.evenkeel.lb.sim;

import java.util.Arrays;

/** What callers and servers saw in a part of a run. Calls belong to the moment at which they end. */
public final class Period {
    private final long failures;
    private final long received;
    private final Latencies latency;
    private final long[] picks;

    Period(long failures, long received, Latencies latency, long[] picks) {
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

    /** Returns how many attempts reached servers for each call that ended; 0 when there were none. */
    public double attemptsPerCall() {
        return calls() == 0 ? 0 : (double) received / calls();
    }

    /** Returns how often a server was picked. */
    public long picks(int server) {
        Check.range("server", server, 0, picks.length - 1);
        return picks[server];
    }

    /** Returns a server's share of all picks, 0 to 1; 0 when there were none. */
    public double share(int server) {
        long all = Arrays.stream(picks).sum();
        return all == 0 ? 0 : (double) picks(server) / all;
    }

    @Override
    public String toString() {
        return calls() + " calls, " + failures + " failed; latency " + latency;
    }
}
