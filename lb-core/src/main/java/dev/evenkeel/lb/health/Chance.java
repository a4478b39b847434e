package dev.evenkeel.lb.health;

/**
 * How probable bad luck is: whether an endpoint that does as its peers do would look like this by chance. Pure functions.
 *
 * <p>An overload fails a part of all attempts everywhere. Among many attempts, some endpoint then has any run of failures that one cares to
 * name, and some endpoint is always the worst.
 */
final class Chance {
    /** Less than one wrong verdict in so many. */
    private static final double WRONGLY = 0.001;

    private Chance() {}

    /**
     * Returns whether such a run of failures is to be expected somewhere.
     *
     * <p>Among {@code m} attempts that each fail with probability {@code f}, the expected number of runs of at least {@code n} failures is
     * about {@code m (1 − f) fⁿ}. Source: Feller, An Introduction to Probability Theory and Its Applications, XIII.7.
     */
    static boolean explainsRun(long run, double share, long attempts) {
        return attempts * (1 - share) * StrictMath.pow(share, (double) Math.min(run, 10_000)) >= WRONGLY;
    }

    /**
     * Returns whether so many failures among so many attempts are to be expected at one of many endpoints.
     *
     * <p>The probability of at least {@code k} failures in {@code v} attempts is at most {@code exp(−v · D(k/v ‖ f))}, with the relative entropy
     * {@code D}. Source: Chernoff 1952; Hoeffding 1963.
     */
    static boolean explainsCount(long failures, long volume, double share, long endpoints) {
        double observed = (double) failures / volume;
        if (observed <= share) {
            return true;
        }
        if (share <= 0) {
            return false;
        }
        double entropy = part(observed, share) + part(1 - observed, 1 - share);
        return endpoints * StrictMath.exp(-volume * entropy) >= WRONGLY;
    }

    private static double part(double observed, double expected) {
        return observed == 0 ? 0 : observed * StrictMath.log(observed / expected);
    }
}
