package dev.evenkeel.lb;

import java.util.Collection;

/**
 * How the attempts of the last ten seconds were divided between the endpoints of a service. Used under the cluster's lock.
 *
 * @param attempts how many there were
 * @param weight the weights of all endpoints that may be picked, together
 */
record Shares(long attempts, double weight) {
    /** Where shares are of no interest. */
    static final Shares NONE = new Shares(0, 0);

    static Shares of(Collection<TrackedNode> nodes) {
        long attempts = 0;
        double weight = 0;
        for (TrackedNode node : nodes) {
            attempts += node.recentAttempts();
            weight += takesPart(node) ? node.endpoint().weight() : 0;
        }
        return new Shares(attempts, weight);
    }

    private static boolean takesPart(TrackedNode node) {
        return node.isUsed() && node.availability().isAvailable();
    }

    /** Returns what an endpoint had of all attempts, 0 to 1. */
    double of(TrackedNode node) {
        return attempts == 0 ? 0 : (double) node.recentAttempts() / attempts;
    }

    /** Returns what would be its due by weights alone, 0 to 1; 0 where it is out. */
    double fair(TrackedNode node) {
        return takesPart(node) ? node.endpoint().weight() / weight : 0;
    }

    /** Returns whether an endpoint that may be picked had less than half of its due. */
    boolean isShort(TrackedNode node) {
        return attempts > 0 && of(node) < fair(node) / 2;
    }
}
