package dev.evenkeel.lb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The numbers of one endpoint that change with every attempt. All are updated without a lock and safe for use by many threads.
 *
 * <p>They sit at the front of an array of their own with a cache line of nothing behind them, so that two threads working on different
 * endpoints do not slow each other down. What may sit in front of the array is read by whoever reads the numbers, and seldom written.
 */
final class NodeLedger {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int ATTEMPTS =
            0; // in flight, and above those how many have finished: one word, so that they never disagree
    private static final int WAITING = 1; // see Waiting
    private static final int LATENCY = 2; // see PeakEwma
    private static final int FAILED = 3;
    private static final int PADDING = 8; // longs in a cache line
    private static final int SIZE = FAILED + 1 + PADDING;

    private static final int IN_FLIGHT_BITS = 20;
    private static final long ONE_FINISHED = 1L << IN_FLIGHT_BITS;

    private final long[] words = new long[SIZE];

    /** Counts an attempt as in flight and as waiting for its first answer. */
    void start(long nowNanos) {
        add(ATTEMPTS, 1);
        add(WAITING, Waiting.one(nowNanos));
    }

    /** Counts an attempt that started at {@code startNanos} as no longer waiting. */
    void answered(long startNanos) {
        add(WAITING, -Waiting.one(startNanos));
    }

    /** Counts an attempt as no longer in flight. */
    void finish() {
        add(ATTEMPTS, ONE_FINISHED - 1);
    }

    /** Learns that an answer took so long. */
    void observe(long latencyNanos, long nowNanos) {
        long before;
        do {
            before = get(LATENCY);
        } while (!WORD.weakCompareAndSetRelease(
                words, LATENCY, before, PeakEwma.observe(before, latencyNanos, nowNanos)));
    }

    /** Learns that an attempt failed after so long. */
    void fail(long elapsedNanos, long nowNanos) {
        add(FAILED, 1);
        observe(PeakEwma.priceOfFailure(get(LATENCY), elapsedNanos, nowNanos), nowNanos);
    }

    /** Makes the endpoint one that has not been measured yet. */
    void forgetLatency() {
        WORD.setRelease(words, LATENCY, PeakEwma.UNMEASURED);
    }

    int inFlight() {
        return (int) (get(ATTEMPTS) & ONE_FINISHED - 1);
    }

    /** See {@link dev.evenkeel.lb.policy.Node#latencyNanos}. */
    double latencyNanos(long nowNanos) {
        long latency = get(LATENCY);
        if (latency == PeakEwma.UNMEASURED) {
            return 0;
        }
        return Math.max(PeakEwma.nanos(latency, nowNanos), Waiting.meanAgeNanos(get(WAITING), nowNanos));
    }

    long finished() {
        return get(ATTEMPTS) >>> IN_FLIGHT_BITS;
    }

    long failed() {
        return get(FAILED);
    }

    private void add(int word, long delta) {
        WORD.getAndAdd(words, word, delta);
    }

    private long get(int word) {
        return (long) WORD.getAcquire(words, word);
    }
}
