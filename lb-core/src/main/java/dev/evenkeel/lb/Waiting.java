package dev.evenkeel.lb;

/**
 * How many attempts wait for their first answer, and how long they have waited on average, as pure functions on a packed word.
 *
 * <p>The word holds the number in its lower 20 bits and the sum of the start times, in microseconds (2¹⁰ ns), modulo 2⁴⁴ in the
 * rest. So an attempt joins by one addition and leaves by one subtraction, and what overflows falls off the end. Differences survive the
 * modulo, so the mean age is exact until a thousand attempts have waited for two hours. It makes a hung endpoint look slow while it
 * hangs, and not only once its first timeout is over.
 *
 * <p>Source: the same idea is in brpc's locality-aware load balancer.
 */
final class Waiting {
    private static final int COUNT_BITS = 20;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final int MICROS_SHIFT = 10;

    private Waiting() {}

    /** Returns what an attempt that started then adds to the word, and takes away again. */
    static long one(long startNanos) {
        return (startNanos >> MICROS_SHIFT << COUNT_BITS) + 1;
    }

    static int count(long word) {
        return (int) (word & COUNT_MASK);
    }

    /** Returns 0 when nothing waits. */
    static double meanAgeNanos(long word, long nowNanos) {
        int count = count(word);
        if (count == 0) {
            return 0;
        }
        long ages = (count * one(nowNanos) - word) >> COUNT_BITS;
        // Below 0 where a start time is later than this reading of the clock.
        return ages < 0 ? 0 : (double) (ages << MICROS_SHIFT) / count;
    }
}
