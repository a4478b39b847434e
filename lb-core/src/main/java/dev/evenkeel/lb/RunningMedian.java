package dev.evenkeel.lb;

/**
 * An estimate of the median latency in one word, as pure functions: each answer moves it a little up or a little down, whichever side it is
 * on, so half of them come to lie on either side. It needs no history and follows a change by half in some fifteen answers. An update that
 * another thread overwrites is no loss.
 *
 * <p>Source: Ma, Muthukrishnan and Sandler, "Frugal Streaming for Estimating Quantiles", 2013; with steps in proportion, as latencies
 * differ in orders of magnitude.
 */
final class RunningMedian {
    /** The word of an endpoint without any answer yet. */
    static final long UNMEASURED = 0;

    /** Guessed: the estimate then trembles by about a tenth, and detectors ask for factors. */
    private static final double STEP = 1.05;

    private RunningMedian() {}

    /** Returns the word after an answer that took so long. */
    static long observe(long word, long latencyNanos) {
        double sample = Math.max(1, (double) latencyNanos);
        if (word == UNMEASURED) {
            return Double.doubleToRawLongBits(sample);
        }
        double median = nanos(word);
        return Double.doubleToRawLongBits(sample > median ? median * STEP : median / STEP);
    }

    /** Returns the estimate in nanoseconds; 0 when there is none. */
    static double nanos(long word) {
        return Double.longBitsToDouble(word);
    }
}
