package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;

/**
 * How many endpoints of the list are used, and how many of them are out on suspicion: counted when one changes, so that no verdict has to
 * look at all. Used under the cluster's lock.
 */
final class Census {
    /** This client uses it, and it does not drain: the cap on suspicion is a share of these. */
    private static final int COUNTS = 1;

    /** It is out on suspicion alone. What is out for certain is no matter of suspicion, whether or not it was ejected before. */
    private static final int SUSPECT = 1 << 1;

    private int counted;
    private int suspects;

    /** Counts a node as what it is now, and no longer as what it was. */
    void update(TrackedNode node) {
        int before = node.counted;
        int now = kind(node);
        node.counted = (byte) now;
        counted += bit(now, COUNTS) - bit(before, COUNTS);
        suspects += bit(now, SUSPECT) - bit(before, SUSPECT);
    }

    /** Returns how many endpoints are used and do not drain. */
    int counted() {
        return counted;
    }

    /** Returns how many of those that are used are out on suspicion alone. */
    int suspects() {
        return suspects;
    }

    private static int kind(TrackedNode node) {
        if (node.isRemoved() || !node.isUsed()) {
            return 0;
        }
        return (node.isOut(OutReason.DRAINING) ? 0 : COUNTS)
                | (node.isOutOnSuspicion() && !node.isOutForCertain() ? SUSPECT : 0);
    }

    private static int bit(int kind, int bit) {
        return (kind & bit) == 0 ? 0 : 1;
    }
}
