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
    /** Since the last good answer: failures, above them all that ended without a good answer, and above those how many of them tell. */
    private static final int ROW = 3;

    private static final int TRUST = 4; // see Trust. Up to here picks read, so they read one cache line

    private static final int MEDIAN = 5; // see RunningMedian
    private static final int FAILED = 6;
    private static final int NEUTRAL = 7;
    private static final int LOST_IN_A_ROW = 8;
    private static final int LATEST_GOOD = 9; // when the latest good answer came; means nothing before the first
    private static final int PUSHED_BACK = 10;
    private static final int RECENT = 11; // see RecentCount: failures and pushbacks
    private static final int ROW_BEGAN = 12; // see rowNanos; means nothing before the first failure, as the next
    private static final int LATEST_IN_ROW = 13; // when the latest failure was heard of
    private static final int PADDING = 8; // longs in a cache line
    private static final int SIZE = LATEST_IN_ROW + 1 + PADDING;

    private static final int IN_FLIGHT_BITS = 20;
    private static final long ONE_FINISHED = 1L << IN_FLIGHT_BITS;

    private static final int ROW_BITS = 24;
    private static final int USELESS_BITS = 20;
    private static final long ROW_MASK = (1L << ROW_BITS) - 1;
    private static final long ONE_USELESS = 1L << ROW_BITS;
    private static final long USELESS_MASK = (1L << USELESS_BITS) - 1;
    private static final int TELLING_SHIFT = ROW_BITS + USELESS_BITS;
    private static final long ONE_TELLING = 1L << TELLING_SHIFT;

    /** So many times the expected latency is a surprise. */
    private static final double SURPRISE = 2;

    /** An attempt that had less than so many times what is usual had no fair chance anywhere. */
    private static final double HASTY = 2;

    /** So many times what is usual is a disappointment. */
    private static final double FAR_MORE = 4;

    /** In a queue attempts have waited for half of what answers take on average; a third leaves room for chance. */
    private static final double QUEUED = 3;

    /** From this share on most attempts elsewhere end without a good answer, too. */
    private static final double MOST = 0.5;

    private static final long MOMENT_NANOS = 500_000_000;

    /** What failed before a silence as long as that belongs to something else. Guessed: some turns of a small client. */
    private static final long SILENCE_NANOS = 5_000_000_000L;

    private static final long PEERS_NANOS = 1_000_000_000; // for so long Usual remembers

    private static final long SHORTEST_PAUSE_NANOS = 50_000_000;
    private static final long LONGEST_FIRST_PAUSE_NANOS = 3_000_000_000L;
    private static final int TURNS_TO_MISS = 16;

    private static final long MOST_DOUBLINGS = 10;

    /**
     * An endpoint answers others if it did so within this many times the time that an attempt waited. In the simulator, with more small
     * clients lose more calls to a black hole, and with less servers of one worker are judged by their luck.
     */
    private static final long RECENTLY = 4;

    /** While an endpoint asked to be left alone it looks as bad as one that fails. */
    private static final double PAUSE_PRICE_NANOS = 1e9;

    private final long[] words = new long[SIZE];
    private final Usual usual;

    NodeLedger(Usual usual) {
        this.usual = usual;
    }

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

    /** Records a good answer that took so long. Returns how many failures in a row it ends; nearly always 0. */
    long succeed(long latencyNanos, long nowNanos) {
        observe(latencyNanos, nowNanos);
        WORD.setOpaque(words, MEDIAN, RunningMedian.observe(get(MEDIAN), latencyNanos));
        WORD.setOpaque(words, LATEST_GOOD, nowNanos);
        if (get(LOST_IN_A_ROW) != 0) {
            WORD.setRelease(words, LOST_IN_A_ROW, 0L);
        }
        return get(ROW) == 0 ? 0 : (long) WORD.getAndSet(words, ROW, 0L) & ROW_MASK;
    }

    /** Records a good answer of which it is not known how long it took. */
    void succeedUntimed(long nowNanos) {
        WORD.setOpaque(words, LATEST_GOOD, nowNanos);
        WORD.setRelease(words, ROW, 0L);
    }

    /**
     * Records an answer that refused the request after so long. Were it taken for a measurement, an endpoint that refuses everything would be the
     * fastest of all: so it counts as at least what is usual.
     */
    void reject(long latencyNanos, long nowNanos) {
        usual.rejected();
        useless(nowNanos);
        observe(Math.max(latencyNanos, (long) usual.expectedNanos()), nowNanos);
        long median = RunningMedian.observe(get(MEDIAN), Math.max(latencyNanos, (long) usual.medianNanos()));
        WORD.setOpaque(words, MEDIAN, median);
    }

    private void observe(long latencyNanos, long nowNanos) {
        long trust = get(TRUST);
        long before;
        boolean tried;
        do {
            before = get(LATENCY);
            tried = before != PeakEwma.UNMEASURED && Trust.isOver(trust, before, nowNanos);
        } while (!WORD.weakCompareAndSetRelease(
                words, LATENCY, before, PeakEwma.observe(before, latencyNanos, nowNanos, tried)));
        if (Trust.isPausing(trust, nowNanos)) {
            return; // what comes in now was sent before it asked to be left alone
        }
        long after = trustAfter(trust, before, tried, latencyNanos, nowNanos);
        if (after != trust) {
            WORD.setRelease(words, TRUST, after);
        }
    }

    private long trustAfter(long trust, long before, boolean tried, long latencyNanos, long nowNanos) {
        if (before == PeakEwma.UNMEASURED) {
            return Trust.surprised(trust, pauseNanos(latencyNanos));
        }
        double average = PeakEwma.average(before);
        if ((double) latencyNanos >= SURPRISE * average) {
            double expected = usual.expectedNanos();
            return expected > 0 && (double) latencyNanos > FAR_MORE * expected
                    ? Trust.disappointed(trust, pauseNanos(latencyNanos), nowNanos)
                    : Trust.surprised(trust, pauseNanos(latencyNanos));
        }
        if (tried && SURPRISE * (double) latencyNanos <= average) {
            return Trust.restored(trust, nowNanos);
        }
        return Trust.isHalfOver(trust, before, nowNanos) ? Trust.confirmed(trust, nowNanos) : trust;
    }

    /** An endpoint misses a few of its turns, and in any case is back soon; what cost much time is not asked again at once. */
    private long pauseNanos(long costNanos) {
        long turns = Math.max(SHORTEST_PAUSE_NANOS, TURNS_TO_MISS * usual.turnNanos());
        return Math.min(LONGEST_FIRST_PAUSE_NANOS, Math.max(turns, costNanos));
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
        long inARow = longer(row, nowNanos);
        boolean tells = usual.isUnusual(inARow, usual.othersFailures(ownFailures(nowNanos)));
        noteFailures(1, nowNanos);
        if (tells) {
            add(ROW, ONE_TELLING);
            disappoint(PeakEwma.priceOfFailure(get(LATENCY), elapsedNanos), nowNanos);
        }
        return inARow;
    }

    /** Enters the price of a failure; those that end at the same time as it count with it. */
    private void disappoint(long priceNanos, long nowNanos) {
        long trust = get(TRUST);
        long before = get(LATENCY);
        boolean isNews = before == PeakEwma.UNMEASURED
                || PeakEwma.average(before) < (double) priceNanos
                || Trust.isHalfOver(trust, before, nowNanos);
        observe(priceNanos, nowNanos);
        if (isNews && !Trust.isPausing(trust, nowNanos)) {
            WORD.setRelease(words, TRUST, Trust.disappointed(trust, pauseNanos(0), nowNanos));
        }
    }

    /**
     * Learns that an attempt got no answer in the time that it had, and returns how many have failed since the last success.
     *
     * <p>If that was longer than answers take here, the endpoint is late and not quick to fail: its queue is as long as it looks. And if it
     * answered well just before, nothing says that it hangs, so the timeout costs what it took. It is where many wait that timeouts
     * happen, and were each as dear as any failure, an endpoint that had bad luck would be shunned and the others overloaded.
     */
    long timeOut(long elapsedNanos, long nowNanos) {
        if ((double) elapsedNanos < HASTY * usual.normalNanos()) {
            add(FAILED, 1);
            useless(nowNanos); // where others have enough time, or a server that says so at once would gain by it
            noteFailures(1, nowNanos);
            if ((double) elapsedNanos > expectedNanos()) {
                observe(elapsedNanos, nowNanos);
            }
            return failedInARow();
        }
        double median = medianNanos();
        if (median == 0 || (double) elapsedNanos < median) {
            return fail(elapsedNanos, nowNanos);
        }
        add(FAILED, 1);
        long latency = get(LATENCY);
        boolean answersOthers =
                failedInARow() == 0 && PeakEwma.changedWithin(latency, RECENTLY * elapsedNanos, nowNanos);
        long inARow = longer(1, nowNanos);
        boolean tells = !answersOthers && usual.isUnusual(inARow, usual.othersFailures(ownFailures(nowNanos)));
        noteFailures(1, nowNanos);
        if (tells) {
            disappoint(PeakEwma.priceOfFailure(latency, elapsedNanos), nowNanos);
        } else {
            observe(elapsedNanos, nowNanos);
        }
        return inARow;
    }

    private long longer(long row, long nowNanos) {
        long before = add(ROW, row * (1 + ONE_USELESS)) & ROW_MASK;
        if (before == 0 || nowNanos - get(LATEST_IN_ROW) > SILENCE_NANOS) {
            WORD.setRelease(words, ROW_BEGAN, nowNanos);
        }
        WORD.setRelease(words, LATEST_IN_ROW, nowNanos);
        return (before + row) & ROW_MASK;
    }

    private void noteFailures(long times, long nowNanos) {
        usual.failed(times, nowNanos);
        long before;
        do {
            before = get(RECENT);
        } while (!WORD.weakCompareAndSet(words, RECENT, before, RecentCount.add(before, times, nowNanos)));
    }

    /** Returns how many attempts here failed or were turned away lately, or in a row. */
    long ownFailures(long nowNanos) {
        return Math.max(failedInARow(), RecentCount.of(get(RECENT), nowNanos));
    }

    /** Counts an end without a good answer, and returns whether so many in a row tell something of the endpoint. */
    private boolean useless(long nowNanos) {
        long row = ((add(ROW, ONE_USELESS) >>> ROW_BITS) + 1) & USELESS_MASK;
        boolean tells = usual.isUnusual(row, usual.othersUseless(Math.max(row, ownFailures(nowNanos))));
        if (tells) {
            add(ROW, ONE_TELLING);
        }
        return tells;
    }

    /**
     * Learns that an attempt was given up after so long because another one was answered: nobody knows how long it would have taken, only
     * that it would have been longer. One may be chance; an endpoint that answers none of many is slower than they show, so each in a row
     * counts four times as much, at most as a failure.
     */
    void lose(long elapsedNanos, long nowNanos) {
        add(NEUTRAL, 1);
        useless(nowNanos);
        usual.passed();
        long before = Math.min(MOST_DOUBLINGS, add(LOST_IN_A_ROW, 1));
        long price = Math.min(elapsedNanos << (2 * before), PeakEwma.priceOfFailure(get(LATENCY), elapsedNanos));
        long latency = get(LATENCY);
        long trust = get(TRUST);
        if (latency != PeakEwma.UNMEASURED && Trust.isOver(trust, latency, nowNanos)) {
            WORD.setRelease(words, LATENCY, PeakEwma.at(latency, nowNanos));
            WORD.setRelease(words, TRUST, Trust.disappointed(trust, pauseNanos(elapsedNanos), nowNanos));
        } else if ((double) price > expectedNanos()) {
            observe(price, nowNanos);
        }
    }

    /** Returns whether the only attempt that waits here tries an endpoint of which nothing was heard since it was far slower than others. */
    boolean isOnTrial(long nowNanos) {
        long latency = get(LATENCY);
        return latency != PeakEwma.UNMEASURED
                && Trust.isOver(get(TRUST), latency, nowNanos)
                && PeakEwma.average(latency) > FAR_MORE * usual.expectedNanos()
                && usual.expectedNanos() > 0;
    }

    /** Counts an attempt that says nothing about the endpoint. */
    void pass(long nowNanos) {
        add(NEUTRAL, 1);
        usual.passed();
        useless(nowNanos);
        long latency = get(LATENCY);
        long trust = get(TRUST);
        if (latency != PeakEwma.UNMEASURED && Trust.isOver(trust, latency, nowNanos)) {
            // A trial that told nothing: it is still unknown, and asked less often.
            WORD.setRelease(words, LATENCY, PeakEwma.at(latency, nowNanos));
            WORD.setRelease(words, TRUST, Trust.confirmed(trust, nowNanos));
        }
    }

    /**
     * Records that the endpoint asked to be left alone for so long. Where others turn requests away as well, all are overloaded, and to leave
     * one alone would burden the others.
     *
     * @return whether it is left alone
     */
    boolean pushBack(long pauseNanos, long nowNanos) {
        add(NEUTRAL, 1);
        add(PUSHED_BACK, 1);
        boolean tells = useless(nowNanos) || usual.othersUseless(ownFailures(nowNanos)) < MOST;
        noteFailures(1, nowNanos);
        long trust = get(TRUST);
        if (tells) {
            if (!Trust.isPausing(trust, nowNanos)) {
                turnAwayInAdvance(pauseNanos, nowNanos);
            }
            WORD.setRelease(words, TRUST, Trust.pausing(trust, pauseNanos, nowNanos));
        }
        return tells;
    }

    /** What would come during a pause is turned away as well: if others then fail with what they get in its place, that is the same overload. */
    private void turnAwayInAdvance(long pauseNanos, long nowNanos) {
        long turn = usual.turnNanos();
        if (turn > 0) {
            add(PUSHED_BACK, pauseNanos / turn);
            noteFailures(Math.min(pauseNanos, PEERS_NANOS) / turn, nowNanos);
        }
    }

    /** Takes back that an answer was good, as it broke off. */
    void takeBackGood(long nowNanos) {
        WORD.setRelease(words, LATEST_GOOD, nowNanos - MOMENT_NANOS);
    }

    /** Forgets a row of failures: what comes next is judged by itself. */
    void forgetRow() {
        WORD.setRelease(words, ROW, 0L);
    }

    /** Makes the endpoint one that has not been measured yet. */
    void forgetLatency() {
        WORD.setRelease(words, LATENCY, PeakEwma.UNMEASURED);
        WORD.setRelease(words, TRUST, 0L);
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
        long trust = get(TRUST);
        if (Trust.isPausing(trust, nowNanos)) {
            return Math.max(PAUSE_PRICE_NANOS, expectedNanos());
        }
        if (latency == PeakEwma.UNMEASURED) {
            return 0;
        }
        long waiting = get(WAITING);
        if (Waiting.count(waiting) > 0) {
            return Math.max(PeakEwma.average(latency), Waiting.meanAgeNanos(waiting, nowNanos));
        }
        if (!Trust.isOver(trust, latency, nowNanos)) {
            return PeakEwma.average(latency);
        }
        return inFlight() == 0 ? 0 : usual.expectedNanos(); // long answers do not keep it from being tried
    }

    Usual usual() {
        return usual;
    }

    /** See {@link dev.evenkeel.lb.policy.Node#usualLatencyNanos}. */
    double usualLatencyNanos() {
        return usual.expectedNanos();
    }

    /** Returns the latency that was last worked out, or the mean age of what waits if that is more; 0 before the first answer. */
    double currentNanos(long nowNanos) {
        double expected = expectedNanos();
        return expected == 0 ? 0 : Math.max(expected, Waiting.meanAgeNanos(get(WAITING), nowNanos));
    }

    /** Returns the latency that was last worked out, in nanoseconds, whether or not it is still believed; 0 before the first answer. */
    double expectedNanos() {
        long latency = get(LATENCY);
        return latency == PeakEwma.UNMEASURED ? 0 : PeakEwma.average(latency);
    }

    long finished() {
        return get(ATTEMPTS) >>> IN_FLIGHT_BITS;
    }

    /** Returns how many attempts have begun. */
    long started() {
        long attempts = get(ATTEMPTS);
        return (attempts >>> IN_FLIGHT_BITS) + inFlight(attempts);
    }

    long failed() {
        return get(FAILED);
    }

    long pushedBack() {
        return get(PUSHED_BACK);
    }

    /** Returns how many attempts ended well; streams that are open count when they end. */
    long succeeded() {
        return Math.max(0, finished() - get(FAILED) - get(NEUTRAL));
    }

    /** Returns a number that grows whenever an attempt ends or says anything about the endpoint. */
    long events() {
        return finished() + get(FAILED) + get(NEUTRAL);
    }

    /** Returns for how long there has been no good answer, in nanoseconds; the longest time there is before the first. */
    long nanosWithoutGood(long nowNanos) {
        return get(MEDIAN) == RunningMedian.UNMEASURED ? Long.MAX_VALUE : nowNanos - get(LATEST_GOOD);
    }

    /** Returns whether attempts wait in a queue here, rather than being turned away at once, and one was answered well a moment ago. */
    boolean isServing(long nowNanos) {
        return nanosWithoutGood(nowNanos) < MOMENT_NANOS
                && Waiting.meanAgeNanos(get(WAITING), nowNanos) > medianNanos() / QUEUED;
    }

    /** Returns for how long it has failed in a row, or since it was last asked after a silence. */
    long rowNanos(long nowNanos) {
        return failedInARow() == 0 ? 0 : nowNanos - get(ROW_BEGAN);
    }

    long failedInARow() {
        return get(ROW) & ROW_MASK;
    }

    /** See {@link dev.evenkeel.lb.policy.Node#isFailing}. */
    boolean isFailing() {
        return get(ROW) >>> TELLING_SHIFT != 0;
    }

    /** Returns whether it has given no good answer lately, and others have. */
    boolean isUseless() {
        return isFailing();
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
