package dev.evenkeel.lb.health;

import java.util.List;

/**
 * An endpoint that fails several times in a row is broken.
 *
 * <p>Source: Envoy's {@code consecutive_5xx}, ServiceTalk, Finagle; 5 in all of them.
 *
 * @param failures how many, 2 to 1000
 */
public record ConsecutiveFailures(int failures, DetectorMode mode) implements OutlierDetector {
    /** Five in a row. */
    public static final ConsecutiveFailures DEFAULT = new ConsecutiveFailures(5, DetectorMode.ENFORCE);

    private static final int WATCHED = 10;

    /** From this share of failures at others on, theirs come in bursts. Guessed. */
    private static final double MANY = 0.1;

    /** Tried in the simulator: a tenth of the wrong verdicts are left, and a server that fails everything is out after two seconds. */
    private static final long LONGEST_BURST_NANOS = 1_000_000_000;

    public ConsecutiveFailures {
        if (failures < 2 || failures > 1000) {
            throw new IllegalArgumentException("consecutiveFailures.failures is " + failures + ", must be 2 to 1000");
        }
    }

    /**
     * Returns whether a run of failures is long enough, and longer than luck explains where attempts fail at others, too. Of the last ten
     * seconds' attempts any may have begun a run.
     *
     * <p>A server whose queue is full turns away several requests at once, and a moment later it answers one that has waited. So an endpoint that
     * serves others is not judged yet.
     *
     * <p>What fails in an overload comes in bursts, which chance does not. So where many attempts fail at others, a run must last.
     *
     * @param rowNanos for how long it has lasted
     * @param serving see {@link EndpointStats#serving}
     */
    public boolean isTooMany(long run, long rowNanos, boolean serving, EndpointStats.Peers peers) {
        return run >= failures
                && !serving
                && (rowNanos >= LONGEST_BURST_NANOS || peers.failureShare() < MANY)
                && !Chance.explainsRun(run, peers.failureShare(), WATCHED * peers.attempts());
    }

    private boolean isTooMany(EndpointStats stats) {
        return isTooMany(stats.failuresInARow(), stats.rowNanos(), stats.serving(), stats.peers());
    }

    @Override
    public List<Verdict> detect(List<EndpointStats> all) {
        return all.stream()
                .filter(this::isTooMany)
                .map(stats -> new Verdict(
                        stats.endpoint(), Verdict.Sentence.EJECT, stats.failuresInARow() + " failures in a row"))
                .toList();
    }
}
