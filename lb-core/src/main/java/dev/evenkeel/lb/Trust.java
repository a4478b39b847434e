package dev.evenkeel.lb;

/**
 * For how long an expected latency is believed while nothing is heard, as pure functions on a packed word.
 *
 * <p>Uncertainty grows with silence: an endpoint that looked bad gets nothing, so no call finds out that it is well again. When the pause is
 * over, the endpoint counts as unknown: one attempt at a time tries it, in its turn. Each trial that confirms what was expected doubles the pause; one
 * that refutes it restores the endpoint.
 *
 * <p>The word holds the pause in ticks of {@link PeakEwma} in its lower half; above it, in 7 bits, how often the endpoint disappointed lately; in one
 * whether it has been well since; in 23 when it last did either, in units of 1.07 s; and in the highest whether the endpoint has asked to be left alone: then the lower half is
 * the tick at which that is over.
 */
final class Trust {
    /** After an answer that restored an endpoint, and at first: guessed, long enough that a slow endpoint of two is not asked all the time. */
    private static final long SETTLED_NANOS = 10_000_000_000L;

    /** The longest pause. An endpoint that was bad for hours is well half a minute after it is well. */
    private static final long LONGEST_NANOS = 32_000_000_000L;

    /** After so long without another disappointment one is forgotten. Guessed. */
    private static final long FORGET_UNITS = 10;

    /** Each further disappointment makes the pause 2⁴ times as long. Tried in the simulator, see docs/design.md. */
    private static final int STEP = 4;

    private static final int MOST_LEVELS = 10;

    private static final int TICK_SHIFT = 16;
    private static final int LEVEL_SHIFT = 32;
    private static final int TIME_SHIFT = 40;
    private static final long PAUSE_MASK = 0xFFFF_FFFFL;
    private static final long LEVEL_MASK = 0x7F;
    private static final long WELL = 1L << 39;
    private static final int UNIT_SHIFT = 30;
    private static final long UNIT_MASK = 0x7F_FFFF;
    private static final long PAUSING = Long.MIN_VALUE;

    private Trust() {}

    /** Returns whether the expectation, in the word of {@link PeakEwma}, is too old to be believed. */
    static boolean isOver(long word, long latency, long nowNanos) {
        return word < 0 ? !isPausing(word, nowNanos) : PeakEwma.ticksSince(latency, nowNanos) > (word & PAUSE_MASK);
    }

    /** Returns whether more than half of the time is over for which it is believed: then what is heard confirms it or not. */
    static boolean isHalfOver(long word, long latency, long nowNanos) {
        return word < 0 || 2 * PeakEwma.ticksSince(latency, nowNanos) > (word & PAUSE_MASK);
    }

    /** Returns whether the endpoint has asked to be left alone, and the time is not over. */
    static boolean isPausing(long word, long nowNanos) {
        return word < 0 && (int) word - PeakEwma.tickAt(nowNanos) > 0;
    }

    /** Returns the word of an endpoint that asks to be left alone for so long. */
    static long pausing(long word, long nanos, long nowNanos) {
        long until = PeakEwma.tickAt(nowNanos) + (nanos >> TICK_SHIFT);
        return PAUSING | (word & ~PAUSE_MASK) | (until & PAUSE_MASK);
    }

    /** Returns the word of an endpoint that was measured for the first time, or is slower than it was: it may be well in a moment. */
    static long surprised(long word, long baseNanos) {
        return withPause(word, baseNanos);
    }

    /** Returns the word after the endpoint has disappointed. */
    static long disappointed(long word, long baseNanos, long nowNanos) {
        int level = level(word, nowNanos);
        return withPause(marked(Math.min(MOST_LEVELS, level + 1), nowNanos), baseNanos << Math.min(12, STEP * level));
    }

    /** Returns the word after a trial that said what was expected. */
    static long confirmed(long word, long nowNanos) {
        return word < 0 ? restored(word, nowNanos) : withPause(word, 2 * ((word & PAUSE_MASK) << TICK_SHIFT));
    }

    /** Returns the word after a trial that was better than expected. */
    static long restored(long word, long nowNanos) {
        return withPause(marked(level(word, nowNanos), nowNanos) | WELL, SETTLED_NANOS);
    }

    private static long marked(int level, long nowNanos) {
        return (((nowNanos >> UNIT_SHIFT) & UNIT_MASK) << TIME_SHIFT) | ((long) level << LEVEL_SHIFT);
    }

    /** Only what is well is forgiven: an endpoint that is tried after a long pause and still bad has gained nothing by the pause. */
    private static int level(long word, long nowNanos) {
        int level = (int) ((word >>> LEVEL_SHIFT) & LEVEL_MASK);
        if ((word & WELL) == 0) {
            return level;
        }
        long units = ((nowNanos >> UNIT_SHIFT) - (word >>> TIME_SHIFT)) & UNIT_MASK;
        return (int) Math.max(0, level - units / FORGET_UNITS);
    }

    private static long withPause(long word, long nanos) {
        return (word & ~PAUSE_MASK & ~PAUSING) | (Math.min(nanos, LONGEST_NANOS) >> TICK_SHIFT);
    }
}
