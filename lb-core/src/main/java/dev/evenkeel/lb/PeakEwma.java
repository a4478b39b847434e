package dev.evenkeel.lb;

/**
 * A moving average of latency that jumps up to a peak at once and comes down slowly with the answers that follow, as pure functions on a packed
 * word.
 *
 * <p>The word holds the average in nanoseconds as a {@code float} in its upper half and the time of its last change in ticks of
 * 65.5 µs in its lower half, so that both change together without a lock. Ticks wrap after 3.3 days: the average of an endpoint that
 * got nothing for just that long looks as if it were fresh, and is believed for half a minute at most.
 *
 * <p>A failure that tells something of the endpoint is entered as a slow answer, at a price that does not depend on how often the endpoint failed
 * before: 1 s, or what it took, or the average if that is higher, and never more than 30 s. So an endpoint that fails fast looks slow.
 *
 * <p>Sources: Finagle's {@code PeakEwma}; linkerd's failure penalty; brpc's cap on it.
 */
final class PeakEwma {
    /** The word of an endpoint without any answer yet. */
    static final long UNMEASURED = 0;

    /** An old value counts for 1/e of what it was after this time. Finagle's default. */
    private static final double DECAY_NANOS = 10e9;

    private static final double FAILURE_FLOOR_NANOS = 1e9;
    private static final double FAILURE_CAP_NANOS = 30e9;

    private static final int TICK_SHIFT = 16;
    private static final double TICK_NANOS = 1 << TICK_SHIFT;

    /** Up to this age, 0.6 % of the decay time, a straight line is as good as an exponential, and a tenth of its cost. */
    private static final double LINEAR_TICKS = DECAY_NANOS / 160 / TICK_NANOS;

    /** A reading of the clock may be up to 68 s older than one that another thread has already entered. */
    private static final long LATEST_TICKS = 1L << 20;

    private PeakEwma() {}

    /**
     * Returns the word after an answer that took so long.
     *
     * @param tried whether nothing was heard for so long that this was a trial: an answer that is much better then takes the place of the average
     */
    static long observe(long word, long latencyNanos, long nowNanos, boolean tried) {
        double sample = Math.max(1, (double) latencyNanos);
        if (word == UNMEASURED) {
            return pack(sample, tickAt(nowNanos));
        }
        double average = average(word);
        if (sample >= average || (tried && 2 * sample <= average)) {
            return pack(sample, tickAt(nowNanos));
        }
        long elapsed = ticksSince(word, nowNanos);
        // Answers within one tick count as half a tick apart, so that none is ignored however fast they come.
        double keep = decay(Math.max(0.5, (double) elapsed));
        return pack(average * keep + sample * (1 - keep), tick(word) + (int) elapsed);
    }

    /** Returns the word with the same average, as if it had just been confirmed. */
    static long at(long word, long nowNanos) {
        return pack(average(word), tickAt(nowNanos));
    }

    /** Returns what a failure after so long counts as, in nanoseconds. */
    static long priceOfFailure(long word, long elapsedNanos) {
        double price = Math.max(FAILURE_FLOOR_NANOS, Math.max((double) elapsedNanos, average(word)));
        return (long) Math.min(FAILURE_CAP_NANOS, price);
    }

    /** Returns whether anything was entered so short a time ago. */
    static boolean changedWithin(long word, long nanos, long nowNanos) {
        return word != UNMEASURED && ticksSince(word, nowNanos) <= nanos >> TICK_SHIFT;
    }

    /** Returns what a value of this age still counts for; to the last bit the same on every machine, or simulations would differ. */
    private static double decay(double ticks) {
        double exponent = ticks * (TICK_NANOS / DECAY_NANOS);
        return ticks < LINEAR_TICKS ? 1 - exponent : StrictMath.exp(-exponent);
    }

    private static long pack(double average, int tick) {
        return (long) Float.floatToRawIntBits((float) average) << 32 | Integer.toUnsignedLong(tick);
    }

    /** Returns the average in nanoseconds. For how long it is believed while nothing is heard, {@link Trust} says. */
    static double average(long word) {
        return Float.intBitsToFloat((int) (word >>> 32));
    }

    static int tick(long word) {
        return (int) word;
    }

    static int tickAt(long nowNanos) {
        return (int) (nowNanos >> TICK_SHIFT);
    }

    /** Never negative, and not compared by sign either: half of all differences would then be no time at all. */
    static long ticksSince(long word, long nowNanos) {
        long ticks = Integer.toUnsignedLong(tickAt(nowNanos) - tick(word));
        return ticks > 0xFFFF_FFFFL - LATEST_TICKS ? 0 : ticks;
    }
}
