package dev.evenkeel.lb.sim;

import java.util.stream.IntStream;

/** Where the picks of some time went. */
final class Picks {
    private final int[] tiers; // by server
    private final long[] counts; // by server
    private final long withKey;
    private final long moved;

    /**
     * @param tiers which tier each server is in
     * @param counts how often each was picked
     * @param withKey how many were for a call with a key that had been sent somewhere before
     * @param moved how many of those went elsewhere than the one before with the same key
     */
    Picks(int[] tiers, long[] counts, long withKey, long moved) {
        this.tiers = tiers;
        this.counts = counts;
        this.withKey = withKey;
        this.moved = moved;
    }

    long of(int server) {
        Check.range("server", server, 0, counts.length - 1);
        return counts[server];
    }

    /** Returns a server's share of all in its tier; 0 when there were none. */
    double share(int server) {
        long mine = of(server);
        long all = IntStream.range(0, counts.length)
                .filter(other -> tiers[other] == tiers[server])
                .mapToLong(other -> counts[other])
                .sum();
        return all == 0 ? 0 : (double) mine / all;
    }

    /** Returns the share of those with a key that moved; 0 when there were none. */
    double movedShare() {
        return withKey == 0 ? 0 : (double) moved / withKey;
    }
}
