package dev.evenkeel.lb;

import dev.evenkeel.lb.health.EndpointStats;
import dev.evenkeel.lb.health.FailuresElsewhere;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What is usual at a service just now: how often attempts fail, how long answers take, and how often the turn of an endpoint comes. One
 * endpoint's failure is judged against it, so that what happens everywhere is held against nothing in particular. Safe for use by many
 * threads.
 *
 * <p>Attempts of the last second are the measure of failures: long enough for a share, short enough to follow the begin of an overload.
 * Counting a good answer costs nothing here, as the retry budget counts it already.
 */
final class Usual {
    /**
     * A row of failures tells something of the endpoint if it were so improbable by chance, given what fails elsewhere. With less than 0.3 % elsewhere
     * one failure is enough, with 10 % it takes three, with a quarter five. Tried in the simulator.
     */
    private static final double CHANCE = 0.003;

    /** So many good attempts each endpoint is credited with. Guessed: little beside the traffic of an overload. */
    private static final long GOOD_UNTIL_SEEN = 2;

    /** Half as slow again as normal. What is normal is the lowest of late, which grows by 1 % a second. */
    private static final double RISEN = 1.5;

    private static final double GROWTH = 1.01;

    /** From this share of failures on an overload is taken for one. */
    private static final double MANY = 0.02;

    /** Counts are this far apart for each endpoint, so that they take little of a core however many endpoints fail. */
    private static final long COUNT_NANOS_PER_ENDPOINT = 50_000;

    private static final int SLOTS = 8;
    private static final long SLOT_NANOS = 125_000_000;

    private final LongSupplier answered; // how many answers there were that were no failures
    private final LongAdder rejected = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder useless = new LongAdder();
    private final ReentrantLock lock = new ReentrantLock(); // of the slots; no one waits for it

    // Running totals at the start of each of the last slots. Written under the lock, read without it: an older share is
    // as good.
    private final long[] goodAtStart = new long[SLOTS];
    private final long[] failedAtStart = new long[SLOTS];
    private final long[] uselessAtStart = new long[SLOTS];
    private volatile int slot;
    private volatile long slotEndsNanos;

    // Written by sweeps.
    private volatile double expectedNanos;
    private volatile double medianNanos;
    private volatile long turnNanos;
    private volatile int endpoints = 1;
    private volatile boolean overloaded;
    private volatile double normalNanos; // 0 at first
    private FailuresElsewhere latest = new FailuresElsewhere(List.of(), GOOD_UNTIL_SEEN); // under the cluster's lock
    private FailuresElsewhere window = latest; // under the cluster's lock, as the next
    private long countEndsNanos;
    private long attemptsBefore; // under the cluster's lock, as the next
    private long sweptNanos;

    /** Returns one that knows nothing of others. */
    static Usual unknown() {
        return new Usual(() -> 0, 0);
    }

    Usual(LongSupplier answered, long nowNanos) {
        this.answered = answered;
        this.slotEndsNanos = nowNanos + SLOT_NANOS;
        this.sweptNanos = nowNanos;
        this.countEndsNanos = nowNanos;
    }

    /** Counts so many failures. */
    void failed(long times, long nowNanos) {
        startSlots(nowNanos);
        failed.add(times);
    }

    /** Counts an answer that was no good one. */
    void rejected() {
        useless.increment();
        rejected.increment();
    }

    private long good() {
        return answered.getAsLong() - rejected.sum();
    }

    /** Counts an attempt that ended neither well nor with a failure. */
    void passed() {
        useless.increment();
    }

    /**
     * Returns which share of the attempts at other endpoints failed lately.
     *
     * @param own those at the endpoint itself, which do not count
     */
    double othersFailures(long own) {
        int oldest = (slot + 1) % SLOTS;
        long bad = failed.sum() - failedAtStart[oldest];
        long all = bad + good() - goodAtStart[oldest];
        return share(bad, all, own);
    }

    /** Returns which share of the attempts at other endpoints ended without a good answer lately; see {@link #othersFailures}. */
    double othersUseless(long own) {
        int oldest = (slot + 1) % SLOTS;
        long bad = failed.sum() - failedAtStart[oldest] + useless.sum() - uselessAtStart[oldest];
        long all = bad + good() - goodAtStart[oldest];
        return share(bad, all, own);
    }

    /** Returns whether such a row tells something of the endpoint, where this share of others' attempts fails. */
    boolean isUnusual(long row, double others) {
        return StrictMath.pow(others, (double) Math.min(row, 1_000)) < CHANCE;
    }

    /** Endpoints count as well until they show something else, or the first failure anywhere would make the next one usual. */
    private double share(long bad, long all, long own) {
        long not = Math.min(own, bad);
        return (double) (bad - not) / (all - not + GOOD_UNTIL_SEEN * endpoints);
    }

    /** Returns what one endpoint is judged against. */
    EndpointStats.Peers peers(long own) {
        return new EndpointStats.Peers(othersFailures(own), attempts());
    }

    /**
     * Returns the same as exactly as it can be; called in a change. A row may have begun seconds ago, so whatever failed elsewhere since then
     * counts: when an overload ends, what it did last is held against no endpoint.
     */
    EndpointStats.Peers peers(TrackedNode node, long nowNanos) {
        double now = Math.max(othersFailures(node.ledger().ownFailures(nowNanos)), latest.share(node.latestTally()));
        return new EndpointStats.Peers(Math.max(now, windowShare(node)), attempts());
    }

    /** Returns the share of failures at peers in the last ten seconds; called in a change. */
    double windowShare(TrackedNode node) {
        return window.share(node.windowTally());
    }

    /** Works out what happens lately at all endpoints that are in use, unless that was done a moment ago; called in a change. */
    void count(Collection<TrackedNode> nodes, long nowNanos) {
        if (nowNanos - countEndsNanos >= 0) {
            List<TrackedNode> used = nodes.stream()
                    .filter(node -> node.availability().isAvailable())
                    .toList();
            latest = elsewhere(used, TrackedNode::latestTally);
            window = elsewhere(used, TrackedNode::windowTally);
            countEndsNanos = nowNanos + SLOT_NANOS + used.size() * COUNT_NANOS_PER_ENDPOINT;
        }
    }

    private static FailuresElsewhere elsewhere(
            List<TrackedNode> nodes, Function<TrackedNode, FailuresElsewhere.Tally> tally) {
        return new FailuresElsewhere(nodes.stream().map(tally).toList(), GOOD_UNTIL_SEEN);
    }

    /** Returns how many attempts there were in the last second. */
    private long attempts() {
        int oldest = (slot + 1) % SLOTS;
        return failed.sum()
                - failedAtStart[oldest]
                + useless.sum()
                - uselessAtStart[oldest]
                + good()
                - goodAtStart[oldest];
    }

    /** Returns the latency that is expected of the middle one of all endpoints, in nanoseconds; 0 where nothing is known. */
    double expectedNanos() {
        return expectedNanos;
    }

    /** Returns the middle one of all endpoints' median latencies, in nanoseconds; 0 where nothing is known. */
    double medianNanos() {
        return medianNanos;
    }

    /** Returns the lowest that {@link #medianNanos} was of late: what is usual without an overload; 0 where nothing is known. */
    double normalNanos() {
        return normalNanos;
    }

    /** Returns how long it takes until the turn of an endpoint comes, were they to take turns, in nanoseconds; 0 where it is not known. */
    long turnNanos() {
        return turnNanos;
    }

    /**
     * Returns whether attempts fail all over the service and answers take much longer than they lately did: then repeating what failed takes room from
     * what has not been tried.
     */
    boolean isOverloaded() {
        return overloaded;
    }

    /** Notes how many endpoints share the attempts. */
    void setEndpoints(int used) {
        endpoints = Math.max(1, used);
    }

    /** Looks at all endpoints; called in a sweep. */
    void refresh(Collection<TrackedNode> awake, long nowNanos) {
        startSlots(nowNanos);
        double[] expected = new double[awake.size()];
        double[] medians = new double[awake.size()];
        int n = 0;
        for (TrackedNode node : awake) {
            double median = node.ledger().medianNanos();
            if (median > 0
                    && node.availability().isAvailable()
                    && !node.ledger().isUseless()) {
                expected[n] = node.ledger().expectedNanos();
                medians[n++] = median;
            }
        }
        expectedNanos = middle(expected, n);
        medianNanos = middle(medians, n);
        double grown = normalNanos == 0 ? medianNanos : Math.min(medianNanos, GROWTH * normalNanos);
        normalNanos = medianNanos == 0 ? normalNanos : grown;
        overloaded = medianNanos > RISEN * normalNanos && othersFailures(0) > MANY;
        long attempts = failed.sum() + useless.sum() + good();
        long made = attempts - attemptsBefore;
        long elapsed = nowNanos - sweptNanos;
        if (made > 0) {
            double turn = (double) elapsed * endpoints / made;
            long before = turnNanos;
            turnNanos = (long) (before == 0 ? turn : before + (turn - before) / 4);
            attemptsBefore = attempts;
            sweptNanos = nowNanos;
        }
    }

    private static double middle(double[] values, int n) {
        if (n == 0) {
            return 0;
        }
        Arrays.sort(values, 0, n);
        return values[(n - 1) / 2];
    }

    private void startSlots(long nowNanos) {
        if (nowNanos - slotEndsNanos < 0 || !lock.tryLock()) {
            return;
        }
        try {
            long late = nowNanos - slotEndsNanos;
            if (late < 0) {
                return;
            }
            long started = 1 + late / SLOT_NANOS;
            int last = slot;
            for (long i = 0; i < Math.min(started, SLOTS); i++) {
                last = (last + 1) % SLOTS;
                goodAtStart[last] = good();
                failedAtStart[last] = failed.sum();
                uselessAtStart[last] = useless.sum();
            }
            slot = last;
            slotEndsNanos = nowNanos - late + started * SLOT_NANOS;
        } finally {
            lock.unlock();
        }
    }
}
