package dev.evenkeel.lb;

/**
 * An estimate of a high percentile of latency, and the {@link LateShare} of answers above it, in one word and as pure functions.
 *
 * <p>Each answer moves the estimate up if it is late, that is takes longer, and down if not, by steps in the proportion of the two chances;
 * so as many answers come to lie above it as the percentile says. It follows a rise by half in some five late answers, and comes down
 * slowly. The first answers take larger steps. An update that another thread overwrites is no loss.
 *
 * <p>Source of the estimate: Ma, Muthukrishnan and Sandler, "Frugal Streaming for Estimating Quantiles", 2013; with steps in proportion, as
 * latencies differ in orders of magnitude.
 */
final class TailLatency {
    /** The word of a service without any answer yet. */
    static final long UNMEASURED = 0;

    /** Answers after which the estimate is used: with fewer, none is expected above the 95th percentile. */
    private static final int ENOUGH = 20;

    /** The estimate then trembles by about a tenth. */
    private static final double STEP = 0.1;

    private static final int COUNT_BITS = 16;
    private static final int MASK = (1 << COUNT_BITS) - 1;

    private TailLatency() {}

    /** Returns the word after an answer that took so long. */
    static long observe(long word, long latencyNanos, double percentile) {
        if (word == UNMEASURED) {
            return pack(Math.max(1, (double) latencyNanos), 1, LateShare.NONE);
        }
        return step(word, latencyNanos > estimate(word), percentile);
    }

    /** Returns the word after an answer that is late, however late it will be. */
    static long observeLate(long word, double percentile) {
        return word == UNMEASURED ? word : step(word, true, percentile);
    }

    private static long step(long word, boolean late, double percentile) {
        int count = Math.min(MASK, count(word) + 1);
        double step = Math.max(STEP, 2 / Math.sqrt(count));
        double factor = late ? 1 + step * percentile : 1 / (1 + step * (1 - percentile));
        return pack(estimate(word) * factor, count, LateShare.observe(lateShare(word), late));
    }

    /** Returns whether there were answers enough for an estimate. */
    static boolean isKnown(long word) {
        return count(word) >= ENOUGH;
    }

    /** Returns the estimate in nanoseconds; 0 when there is none. */
    static double nanos(long word) {
        return estimate(word);
    }

    /** Returns whether most of the latest answers were late, so that the estimate has yet to follow a rise. */
    static boolean isRising(long word) {
        return LateShare.isMost(lateShare(word));
    }

    private static long pack(double estimate, int count, int lateShare) {
        return (long) Float.floatToRawIntBits((float) estimate) << 32 | (long) count << COUNT_BITS | lateShare;
    }

    private static double estimate(long word) {
        return Float.intBitsToFloat((int) (word >>> 32));
    }

    private static int count(long word) {
        return (int) (word >>> COUNT_BITS) & MASK;
    }

    private static int lateShare(long word) {
        return (int) word & MASK;
    }
}
