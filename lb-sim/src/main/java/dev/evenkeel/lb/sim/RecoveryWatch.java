package dev.evenkeel.lb.sim;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Watches when callers notice nothing of a fault any more. Here, other than in the {@link Timeline}, a call belongs to
 * the moment at which it was meant to be sent, because a call that hangs is noticed long before it ends.
 *
 * <p>What is normal is known when the first fault begins; from then on it is enough to count the calls that are clearly
 * slower.
 */
final class RecoveryWatch {
    /** A single second's p99 varies by itself, at a few hundred calls by a fifth. */
    private static final double CLEARLY_SLOWER = 1.5;

    private static final double TOLERATED_FAILURES = 0.001;
    private static final double TOLERATED_SLOW = 0.01;

    private final Timeline timeline;
    private final long windowNanos;
    private final int inASecond; // windows, at least one
    private final int undisturbed; // windows before the first fault
    private final long[] begun;
    private final long[] failed;
    private final long[] slow;
    private boolean settled;
    private double slowNanos; // what takes longer is slow; means nothing until settled, or if nobody can tell

    RecoveryWatch(Timeline timeline, long undisturbedNanos) {
        this.timeline = timeline;
        this.windowNanos = timeline.windowNanos();
        this.inASecond = (int) Math.max(1, 1_000_000_000L / windowNanos);
        this.undisturbed = (int) (undisturbedNanos / windowNanos);
        this.begun = new long[timeline.windows()];
        this.failed = new long[timeline.windows()];
        this.slow = new long[timeline.windows()];
    }

    void ended(long startNanos, long latencyNanos, boolean success) {
        int window = (int) Math.min(startNanos / windowNanos, begun.length - 1);
        if (window < undisturbed) {
            return;
        }
        if (!settled) {
            settleWhatIsNormal();
        }
        begun[window]++;
        failed[window] += success ? 0 : 1;
        slow[window] += latencyNanos > slowNanos ? 1 : 0;
    }

    private void settleWhatIsNormal() {
        settled = true;
        if (canTell()) {
            slowNanos = CLEARLY_SLOWER
                    * timeline.latencies(0, undisturbed).percentile(99).toNanos();
        }
    }

    /** Returns whether there is a time without faults, long enough to know what is normal. */
    boolean canTell() {
        return undisturbed >= inASecond && timeline.calls(0, undisturbed) > 0;
    }

    /** Returns how long after a moment all was well for a second; zero before the first fault. */
    OptionalLong nanosToRecover(long momentNanos) {
        int first = (int) (momentNanos / windowNanos);
        if (first < undisturbed) {
            return OptionalLong.of(0);
        }
        for (int from = first; from + inASecond <= begun.length; from++) {
            if (isWell(from, from + inASecond)) {
                return OptionalLong.of((from - first) * windowNanos);
            }
        }
        return OptionalLong.empty();
    }

    private boolean isWell(int from, int to) {
        double calls = sum(begun, from, to);
        return calls > 0
                && sum(failed, from, to) <= TOLERATED_FAILURES * calls
                && sum(slow, from, to) <= TOLERATED_SLOW * calls;
    }

    private static long sum(long[] counts, int from, int to) {
        return Arrays.stream(counts, from, to).sum();
    }
}
