package dev.evenkeel.lb;

/**
 * What the attempts of one call come to.
 *
 * @param paid how many there were, without those that were repeated for free
 * @param free how many were repeated for free
 * @param hedged whether one was a hedge
 * @param startNanos when the first began
 */
record Trail(int paid, int free, boolean hedged, long startNanos) {
    static Trail of(Attempt latest) {
        int paid = 0;
        int free = 0;
        boolean hedged = false;
        Attempt first = latest;
        for (Attempt attempt = latest; attempt != null; attempt = attempt.previous()) {
            if (attempt.isRepeatedForFree()) {
                free++;
            } else {
                paid++;
            }
            hedged |= attempt.isHedge();
            first = attempt;
        }
        return new Trail(paid, free, hedged, first.startNanos());
    }
}
