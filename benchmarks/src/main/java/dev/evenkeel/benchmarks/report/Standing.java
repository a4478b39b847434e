package dev.evenkeel.benchmarks.report;

/**
 * What is left of a score when its run is forgotten.
 *
 * @param success the share of calls that succeeded
 * @param ratio p99 as a multiple of the oracle's
 * @param attempts per call
 */
record Standing(String name, double success, double ratio, double p99Millis, double attempts) {
    /** What luck can do, as a share of the other's. */
    static final double SAME_P99 = 0.03;

    /** What luck can do, as a share of all calls. */
    static final double SAME_SUCCESS = 0.0005;

    private static final double SAME_ATTEMPTS = 0.03;
    private static final double MANY_ATTEMPTS = 1.05;

    static Standing of(Score score) {
        return new Standing(
                score.name(),
                score.success(),
                score.ratio(),
                score.percentile(99).toNanos() / 1e6,
                score.attemptsPerCall());
    }

    /**
     * Returns whether it is better: fewer calls fail; or as many, and p99 is lower; or that is the same, and servers have less to do.
     */
    boolean beats(Standing other) {
        if (Math.abs(success - other.success) > SAME_SUCCESS) {
            return success > other.success;
        }
        if (Math.abs(p99Millis / other.p99Millis - 1) > SAME_P99) {
            return p99Millis < other.p99Millis;
        }
        return attempts < other.attempts * (1 - SAME_ATTEMPTS);
    }

    /** Returns what fits into a cell. */
    String words() {
        return Numbers.fixed(ratio, 2) + " · " + Numbers.success(success)
                + (attempts > MANY_ATTEMPTS ? " · " + Numbers.fixed(attempts, 2) + " att." : "");
    }

    /** Returns what is said where there is room. */
    String longWords() {
        return name + " p99 " + Numbers.fixed(p99Millis, 0) + " ms, success " + Numbers.success(success) + ", "
                + Numbers.fixed(attempts, 2) + " attempts";
    }
}
