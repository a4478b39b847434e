package dev.evenkeel.lb;

/**
 * What the attempts of one call come to.
 *
 * @param paid how many there were, without those that were repeated for free
 * @param freeRetryUsed whether one was repeated for free
 * @param hedged whether one was a hedge
 * @param startNanos when the first began
 */
record Trail(int paid, boolean freeRetryUsed, boolean hedged, long startNanos) {
    static Trail of(Attempt latest) {
        int paid = 0;
        boolean freeRetryUsed = false;
        boolean hedged = false;
        Attempt first = latest;
        for (Attempt attempt = latest; attempt != null; attempt = attempt.previous()) {
            paid += attempt.isRepeatedForFree() ? 0 : 1;
            freeRetryUsed |= attempt.isRepeatedForFree();
            hedged |= attempt.isHedge();
            first = attempt;
        }
        return new Trail(paid, freeRetryUsed, hedged, first.startNanos());
    }
}
