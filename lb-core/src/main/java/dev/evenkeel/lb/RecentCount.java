package dev.evenkeel.lb;

/**
 * How often something happened in this second or the one before, as pure functions on a packed word: the second in its upper 24 bits, and 20 bits
 * for each count. Counts stop at a million.
 */
final class RecentCount {
    private static final int SECOND_SHIFT = 30; // 1.07 s
    private static final int COUNT_BITS = 20;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final long SECOND_MASK = 0xFF_FFFF;

    private RecentCount() {}

    /** Returns the word after it happened so many times more. */
    static long add(long word, long times, long nowNanos) {
        long current = at(word, nowNanos);
        return current + Math.min(times, COUNT_MASK - (current & COUNT_MASK));
    }

    /** Returns how often it happened. */
    static long of(long word, long nowNanos) {
        long current = at(word, nowNanos);
        return (current & COUNT_MASK) + ((current >>> COUNT_BITS) & COUNT_MASK);
    }

    /** Returns the word as it is in the second of now. */
    private static long at(long word, long nowNanos) {
        long second = (nowNanos >> SECOND_SHIFT) & SECOND_MASK;
        long passed = (second - (word >>> (2 * COUNT_BITS))) & SECOND_MASK;
        if (passed == 0) {
            return word;
        }
        long before = passed == 1 ? word & COUNT_MASK : 0;
        return (second << (2 * COUNT_BITS)) | (before << COUNT_BITS);
    }
}
