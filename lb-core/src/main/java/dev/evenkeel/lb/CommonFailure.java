package dev.evenkeel.lb;

import dev.evenkeel.lb.health.ConsecutiveFailures;
import dev.evenkeel.lb.health.EndpointStats;
import dev.evenkeel.lb.health.FailuresElsewhere;
import java.util.Collection;

/**
 * Tells when most endpoints fail together: then the network or the requests are to blame, and taking some out would burden the others.
 * Detectors and breakers ask it alike.
 *
 * @param detector says how many failures in a row are too many
 */
record CommonFailure(ConsecutiveFailures detector) {
    /** From this share of failures on the service is in trouble. Guessed. */
    private static final double MANY = 0.1;

    boolean isSeenIn(Collection<TrackedNode> nodes, long nowNanos) {
        int used = 0;
        int worse = 0;
        for (TrackedNode node : nodes) {
            EndpointStats stats = node.stats(nowNanos);
            if (stats.volume() > 0 || node.isOutOnSuspicion()) {
                used++;
                worse += isFailing(stats) || isSuspect(node) ? 1 : 0;
            }
        }
        return used > 1 && 2 * worse > used;
    }

    /** Slow answers open a breaker as well, and of those the statistics know nothing. */
    private static boolean isSuspect(TrackedNode node) {
        return node.isOutOnSuspicion() || (node.breaker != null && !node.breaker.isClosed());
    }

    /**
     * Two fifths of what would eject it is enough to be one of those that fail: in an outage of all, the first of ten endpoints
     * reaches five failures in a row when the others have had two, on average.
     */
    private boolean isFailing(EndpointStats stats) {
        return 5 * stats.failuresInARow() >= 2L * detector.failures() || 2 * stats.failures() >= stats.volume();
    }

    /** Returns whether attempts fail at other endpoints, too, and here not clearly more often. */
    static boolean isShared(TrackedNode node, Collection<TrackedNode> nodes, long nowNanos) {
        EndpointStats stats = node.stats(nowNanos);
        double elsewhere = FailuresElsewhere.among(nodes.stream()
                        .filter(other -> other == node || !other.isOutOnSuspicion())
                        .map(other -> other.stats(nowNanos))
                        .toList())
                .share(stats);
        return elsewhere >= MANY && stats.failures() < (1 + elsewhere) / 2 * stats.volume();
    }
}
