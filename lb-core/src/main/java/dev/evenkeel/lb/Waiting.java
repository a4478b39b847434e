package dev.evenkeel.lb;

/**
 * How many attempts wait for their first answer, and how long they have waited on average, as pure functions on a packed word.
 *
 * <p>The word holds the number in its upper 20 bits and the sum of the start times, in microseconds (2¹⁰ ns), modulo 2⁴⁴ in the
 * rest. Differences survive the modulo, so the mean age is exact until a thousand attempts have waited for two hours. It makes a hung
 * endpoint look slow while it hangs, and not only once its first timeout is over.
 *
 * <p>Source: the same idea is in brpc's locality-aware load balancer.
 */
final class Waiting {
    private static final int SUM_BITS = 44;
    private static final long SUM_MASK = (1L << SUM_BITS) - 1;
    private static final long ONE = 1L << SUM_BITS;
    private static final int MICROS_SHIFT = 10;

    private Waiting() {}

    static long plus(long word, long startNanos) {
        return ((word & ~SUM_MASK) + ONE) | ((word + (startNanos >> MICROS_SHIFT)) & SUM_MASK);
    }

    static long minus(long word, long startNanos) {
        return ((word & ~SUM_MASK) - ONE) | ((word - (startNanos >> MICROS_SHIFT)) & SUM_MASK);
    }

    static int count(long word) {
        return (int) (word >>> SUM_BITS);
    }

    /** Returns 0 when nothing waits. */
    static double meanAgeNanos(long word, long nowNanos) {
        int count = count(word);
        if (count == 0) {
            return 0;
        }
        long ages = (count * (nowNanos >> MICROS_SHIFT) - word) & SUM_MASK;
        boolean ahead = ages > SUM_MASK >> 1; // a start time later than this reading of the clock
        return ahead ? 0 : (double) (ages << MICROS_SHIFT) / count;
    }
}
