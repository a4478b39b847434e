package dev.evenkeel.lb;

import dev.evenkeel.lb.limit.EndpointGuard;
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
    /** Failures since the last success, and above them how many were quick. Up to here picks read, so they read one cache line. */
    private static final int ROW = 3;

    private static final int MEDIAN = 4; // see RunningMedian
    private static final int FAILED = 5;
    private static final int NEUTRAL = 6;
    private static final int LOST_IN_A_ROW = 7;
    private static final int PADDING = 8; // longs in a cache line
    private static final int SIZE = LOST_IN_A_ROW + 1 + PADDING;

    private static final int IN_FLIGHT_BITS = 20;
    private static final long ONE_FINISHED = 1L << IN_FLIGHT_BITS;

    private static final int ROW_BITS = 32;
    private static final long ROW_MASK = (1L << ROW_BITS) - 1;
    private static final long ONE_QUICK = 1L << ROW_BITS;

    private static final long MOST_DOUBLINGS = 10;

    /**
     * An endpoint answers others if it did so within this many times the time that an attempt waited. In the simulator, with more small
     * clients lose more calls to a black hole, and with less servers of one worker are judged by their luck.
     */
    private static final long RECENTLY = 4;

    private final long[] words = new long[SIZE];

    /** Counts an attempt as in flight and as waiting for its first answer. */
    void start(long nowNanos) {
        add(ATTEMPTS, 1);
        add(WAITING, Waiting.one(nowNanos));
    }

    /** Does the same if the guard admits one attempt more. No two attempts are admitted beside the same number in flight. */
    boolean tryStart(EndpointGuard guard, long nowNanos) {
        long before;
        do {
            before = get(ATTEMPTS);
            if (!guard.admits(inFlight(before))) {
                return false;
            }
        } while (!WORD.weakCompareAndSet(words, ATTEMPTS, before, before + 1));
        add(WAITING, Waiting.one(nowNanos));
        return true;
    }

    /** Counts an attempt that started at {@code startNanos} as no longer waiting. */
    void answered(long startNanos) {
        add(WAITING, -Waiting.one(startNanos));
    }

    /** Counts an attempt as no longer in flight. */
    void finish() {
        add(ATTEMPTS, ONE_FINISHED - 1);
    }

    /** Learns of an answer that was no failure, and took so long. Returns how many failures in a row it ends; nearly always 0. */
    long succeed(long latencyNanos, long nowNanos) {
        observe(latencyNanos, nowNanos);
        WORD.setOpaque(words, MEDIAN, RunningMedian.observe(get(MEDIAN), latencyNanos));
        if (get(LOST_IN_A_ROW) != 0) {
            WORD.setRelease(words, LOST_IN_A_ROW, 0L);
        }
        return get(ROW) == 0 ? 0 : (long) WORD.getAndSet(words, ROW, 0L) & ROW_MASK;
    }

    private void observe(long latencyNanos, long nowNanos) {
        long before;
        do {
            before = get(LATENCY);
        } while (!WORD.weakCompareAndSetRelease(
                words, LATENCY, before, PeakEwma.observe(before, latencyNanos, nowNanos)));
    }

    /** Learns that an attempt failed after so long, and returns how many have failed since the last success. */
    long fail(long elapsedNanos, long nowNanos) {
        return fail(elapsedNanos, nowNanos, 1);
    }

    /**
     * Learns that an attempt failed after so long, and returns how many have failed since the last success.
     *
     * @param row by how much this makes the row longer: more than 1 where an answer broke off whose beginning had ended a row
     */
    long fail(long elapsedNanos, long nowNanos, int row) {
        add(FAILED, 1);
        observe(PeakEwma.priceOfFailure(get(LATENCY), elapsedNanos, nowNanos), nowNanos);
        return longer(row + ONE_QUICK);
    }

    /**
     * Learns that an attempt got no answer in the time that it had, and returns how many have failed since the last success.
     *
     * <p>If that was longer than answers take here, the endpoint is late and not quick to fail: its queue is as long as it looks. And if it
     * answered well just before, nothing says that it hangs, so the timeout costs what it took. It is where many wait that timeouts
     * happen, and were each as dear as any failure, an endpoint that had bad luck would be shunned and the others overloaded.
     */
    long timeOut(long elapsedNanos, long nowNanos) {
        double median = medianNanos();
        if (median == 0 || (double) elapsedNanos < median) {
            return fail(elapsedNanos, nowNanos);
        }
        add(FAILED, 1);
        long latency = get(LATENCY);
        boolean answersOthers =
                failedInARow() == 0 && PeakEwma.changedWithin(latency, RECENTLY * elapsedNanos, nowNanos);
        observe(answersOthers ? elapsedNanos : PeakEwma.priceOfFailure(latency, elapsedNanos, nowNanos), nowNanos);
        return longer(1);
    }

    private long longer(long row) {
        return (add(ROW, row) + row) & ROW_MASK;
    }

    /**
     * Learns that an attempt was given up after so long because another one was answered: nobody knows how long it would have taken, only
     * that it would have been longer. One may be chance; an endpoint that answers none of many is slower than they show, so each in a row
     * counts four times as much, at most as a failure.
     */
    void lose(long elapsedNanos, long nowNanos) {
        pass();
        long before = Math.min(MOST_DOUBLINGS, add(LOST_IN_A_ROW, 1));
        long price =
                Math.min(elapsedNanos << (2 * before), PeakEwma.priceOfFailure(get(LATENCY), elapsedNanos, nowNanos));
        if ((double) price > latencyNanos(nowNanos)) {
            observe(price, nowNanos);
        }
    }

    /** Counts an attempt that says nothing about the endpoint. */
    void pass() {
        add(NEUTRAL, 1);
    }

    /** Forgets a row of failures: what comes next is judged by itself. */
    void forgetRow() {
        WORD.setRelease(words, ROW, 0L);
    }

    /** Makes the endpoint one that has not been measured yet. */
    void forgetLatency() {
        WORD.setRelease(words, LATENCY, PeakEwma.UNMEASURED);
        WORD.setRelease(words, MEDIAN, RunningMedian.UNMEASURED);
    }

    int inFlight() {
        return inFlight(get(ATTEMPTS));
    }

    private static int inFlight(long attempts) {
        return (int) (attempts & ONE_FINISHED - 1);
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

    /** Returns how many attempts ended well; streams that are open count when they end. */
    long succeeded() {
        return Math.max(0, finished() - get(FAILED) - get(NEUTRAL));
    }

    /** Returns a number that grows whenever an attempt ends or says anything about the endpoint. */
    long events() {
        return finished() + get(FAILED) + get(NEUTRAL);
    }

    long failedInARow() {
        return get(ROW) & ROW_MASK;
    }

    /** See {@link dev.evenkeel.lb.policy.Node#isFailing}. */
    boolean isFailing() {
        return get(ROW) >>> ROW_BITS != 0;
    }

    /** Returns an estimate of the median latency in nanoseconds; 0 before the first answer. */
    double medianNanos() {
        return RunningMedian.nanos(get(MEDIAN));
    }

    private long add(int word, long delta) {
        return (long) WORD.getAndAdd(words, word, delta);
    }

    private long get(int word) {
        return (long) WORD.getAcquire(words, word);
    }
}
