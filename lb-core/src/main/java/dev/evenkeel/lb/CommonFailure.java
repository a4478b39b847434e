package dev.evenkeel.lb;

import dev.evenkeel.lb.health.ConsecutiveFailures;
import dev.evenkeel.lb.health.EndpointStats;
import java.util.Collection;

/**
 * Tells when most endpoints fail together: then the network or the requests are to blame, and taking some out would burden the others.
 * Detectors and breakers ask it alike. It looks at all endpoints once, and answers for as many verdicts as follow at the time. Used under
 * the cluster's lock.
 */
final class CommonFailure {
    /** From this share of failures on the service is in trouble. Guessed. */
    private static final double MANY = 0.1;

    private final ConsecutiveFailures detector;
    private int used;
    private int worse;
    private EndpointStats.Total trusted =
            new EndpointStats.Total(0, 0); // attempts at those that are not out on suspicion

    private CommonFailure(ConsecutiveFailures detector) {
        this.detector = detector;
    }

    /**
     * Looks at the endpoints of a service.
     *
     * @param detector says how many failures in a row are too many
     */
    static CommonFailure lookedForIn(Collection<TrackedNode> nodes, ConsecutiveFailures detector) {
        CommonFailure found = new CommonFailure(detector);
        long bad = 0;
        long attempts = 0;
        for (TrackedNode node : nodes) {
            if (found.isPartOf(node)) {
                found.used++;
                found.worse += found.isWorse(node) ? 1 : 0;
            }
            if (!node.isOutOnSuspicion()) {
                bad += bad(node);
                attempts += attempts(node);
            }
        }
        found.trusted = new EndpointStats.Total(bad, attempts);
        return found;
    }

    /** Enters that an endpoint is about to be taken out. */
    void takesOut(TrackedNode node) {
        used += isPartOf(node) ? 0 : 1;
        worse += isPartOf(node) && isWorse(node) ? 0 : 1;
        if (!node.isOutOnSuspicion()) {
            trusted = trusted.without(bad(node), attempts(node));
        }
    }

    boolean isSeen() {
        return used > 1 && 2 * worse > used;
    }

    /** Returns whether attempts fail at other endpoints, too, and here not clearly more often. */
    boolean isShared(TrackedNode node) {
        EndpointStats.Total others = node.isOutOnSuspicion() ? trusted : trusted.without(bad(node), attempts(node));
        double elsewhere = others.share();
        return elsewhere >= MANY && node.recentFailures() < (1 + elsewhere) / 2 * volume(node);
    }

    private boolean isPartOf(TrackedNode node) {
        return volume(node) > 0 || node.isOutOnSuspicion();
    }

    /** Slow answers open a breaker as well, and of those the statistics know nothing. */
    private boolean isWorse(TrackedNode node) {
        return isFailing(node) || node.isOutOnSuspicion() || (node.breaker != null && !node.breaker.isClosed());
    }

    /**
     * Two fifths of what would eject it is enough to be one of those that fail: in an outage of all, the first of ten endpoints
     * reaches five failures in a row when the others have had two, on average.
     */
    private boolean isFailing(TrackedNode node) {
        return 5 * node.ledger().failedInARow() >= 2L * detector.failures()
                || 2 * node.recentFailures() >= volume(node);
    }

    private static long volume(TrackedNode node) {
        return node.recentSuccesses() + node.recentFailures();
    }

    private static long bad(TrackedNode node) {
        return node.recentFailures() + node.recentPushbacks();
    }

    private static long attempts(TrackedNode node) {
        return volume(node) + node.recentPushbacks();
    }
}
