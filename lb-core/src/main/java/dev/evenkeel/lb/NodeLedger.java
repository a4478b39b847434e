package dev.evenkeel.lb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The numbers of one endpoint that change with every attempt. All are updated without a lock and safe for use by many threads.
 *
 * <p>They sit in the middle of an array of their own, a cache line away from anything else, so that two threads working on different
 * endpoints do not slow each other down.
 */
final class NodeLedger {
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int PADDING = 8; // longs in a cache line
    private static final int STARTED = PADDING;
    private static final int FINISHED = PADDING + 1;
    private static final int FAILED = PADDING + 2;
    private static final int WAITING = PADDING + 3;
    private static final int LATENCY = PADDING + 4;
    private static final int SIZE = LATENCY + 1 + PADDING;

    private final long[] words = new long[SIZE];

    /** Counts an attempt as in flight and as waiting for its first answer. */
    void start(long nowNanos) {
        WORD.getAndAdd(words, STARTED, 1L);
        long before;
        do {
            before = get(WAITING);
        } while (!WORD.weakCompareAndSetRelease(words, WAITING, before, Waiting.plus(before, nowNanos)));
    }

    /** Counts an attempt that started at {@code startNanos} as no longer waiting. */
    void answered(long startNanos) {
        long before;
        do {
            before = get(WAITING);
        } while (!WORD.weakCompareAndSetRelease(words, WAITING, before, Waiting.minus(before, startNanos)));
    }

    /** Counts an attempt as no longer in flight. */
    void finish() {
        WORD.getAndAdd(words, FINISHED, 1L);
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
        WORD.getAndAdd(words, FAILED, 1L);
        observe(PeakEwma.priceOfFailure(get(LATENCY), elapsedNanos, nowNanos), nowNanos);
    }

    /** Makes the endpoint one that has not been measured yet. */
    void forgetLatency() {
        WORD.setRelease(words, LATENCY, PeakEwma.UNMEASURED);
    }

    /** Finished is read before started, so that the difference is never negative. */
    int inFlight() {
        long finished = get(FINISHED);
        return (int) (get(STARTED) - finished);
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
        return get(FINISHED);
    }

    long failed() {
        return get(FAILED);
    }

    private long get(int word) {
        return (long) WORD.getAcquire(words, word);
    }
}
