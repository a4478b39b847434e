package dev.evenkeel.lb;

import dev.evenkeel.lb.health.ConsecutiveFailures;
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
        for (TrackedNode node : nodes) {
            if (found.isPartOf(node)) {
                found.used++;
                found.worse += found.isWorse(node) ? 1 : 0;
            }
        }
        return found;
    }

    /** Enters that an endpoint is about to be taken out. */
    void takesOut(TrackedNode node) {
        used += isPartOf(node) ? 0 : 1;
        worse += isPartOf(node) && isWorse(node) ? 0 : 1;
    }

    boolean isSeen() {
        return used > 1 && 2 * worse > used;
    }

    /**
     * Returns whether attempts fail at other endpoints, too, and here not clearly more often.
     *
     * @param elsewhere the share that fails there
     */
    static boolean isShared(TrackedNode node, double elsewhere) {
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
}
