package dev.evenkeel.lb.retry;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What keeps retries from becoming an outage of their own: successes pay in, each retry takes one token out.
 *
 * <p>Time passes in slots of a tenth of the window, and what is older than nine or ten of them is forgotten. So over any nine tenths of
 * a window there are at most {@code ratio} × successes retries, or {@code minPerSecond} × window if that is more. Successes pay, rather
 * than requests, so that a failing service cannot finance its own storm; the minimum lets retries begin at low traffic and after a total
 * outage. It is small, because every client has one: hundreds of clients with ten retries a second each are a storm. Only a new budget
 * holds more, once, so that a client that starts with many calls at a time survives an endpoint that fails. Paying in is striped and
 * never waits for a lock; taking out locks for a few additions. Safe for use by many threads.
 *
 * <p>Source: Finagle's {@code RetryBudget}, whose minimum comes on top.
 */
public final class RetryBudget {
    private static final int SLOTS = 10;

    /** A new budget holds its minimum so many times, until the first window is over. Guessed: 30 retries by default. */
    private static final int HEAD_START = 10;

    /** In an overload a retry takes the place of a first attempt, and so helps none. Guessed. */
    private static final double OVERLOADED = 10;

    private final Settings settings;
    private final long slotNanos;
    private final double reserve;
    private final LongAdder successes = new LongAdder();
    private final ReentrantLock lock = new ReentrantLock();

    // Written under the lock. The arrays hold the running totals at the start of each of the last slots.
    private final long[] successesAtStart = new long[SLOTS];
    private final long[] withdrawnAtStart = new long[SLOTS];
    private int slot;
    private int slotsOfHeadStart = SLOTS;
    private long withdrawn;
    private volatile long slotEndsNanos;

    /**
     * A limit on retries.
     *
     * @param ratio retries per success, 0 to 1
     * @param minPerSecond retries per second that are allowed where successes pay for fewer, 0 or more
     * @param window how long successes and retries are remembered, 1 s to 60 s
     */
    public record Settings(double ratio, double minPerSecond, Duration window) {
        /**
         * 20 % of successes, or 3, over 10 s. The minimum was found in the simulator: the largest that keeps an overload from being
         * multiplied by more than 1.2 where each client makes two calls a second, and the smallest with which clients that make one
         * call a second notice nothing of a rolling deploy.
         */
        public static final Settings DEFAULT = new Settings(0.2, 0.3, Duration.ofSeconds(10));

        public Settings {
            if (!(ratio >= 0 && ratio <= 1)) {
                throw new IllegalArgumentException("retryBudget.ratio is " + ratio + ", must be 0 to 1");
            }
            if (!(minPerSecond >= 0 && minPerSecond <= 1_000_000)) {
                throw new IllegalArgumentException(
                        "retryBudget.minPerSecond is " + minPerSecond + ", must be 0 to 1000000");
            }
            if (window.compareTo(Duration.ofSeconds(1)) < 0 || window.compareTo(Duration.ofSeconds(60)) > 0) {
                throw new IllegalArgumentException("retryBudget.window is " + window + ", must be 1 s to 60 s");
            }
        }
    }

    /** Creates a budget with its head start. */
    public RetryBudget(Settings settings, long nowNanos) {
        this.settings = settings;
        this.slotNanos = settings.window().toNanos() / SLOTS;
        this.reserve = settings.minPerSecond() * settings.window().toNanos() / 1e9;
        this.slotEndsNanos = nowNanos + slotNanos;
    }

    /** Pays in for one success. */
    public void deposit(long nowNanos) {
        if (nowNanos - slotEndsNanos >= 0 && lock.tryLock()) { // if it is taken, another thread is at it
            try {
                startSlots(nowNanos);
            } finally {
                lock.unlock();
            }
        }
        successes.increment();
    }

    /** Returns how many successes have paid in since the budget was made. */
    public long deposits() {
        return successes.sum();
    }

    /** Takes the token for one retry, and returns whether there was one. */
    public boolean tryWithdraw(long nowNanos) {
        return tryWithdraw(nowNanos, true, settings.ratio());
    }

    /**
     * Takes the token for one retry, and returns whether there was one.
     *
     * @param overloaded whether the service as a whole is overloaded: then successes pay for a tenth of what they pay for otherwise
     */
    public boolean tryWithdraw(long nowNanos, boolean overloaded) {
        return tryWithdraw(nowNanos, true, ratio(overloaded));
    }

    private double ratio(boolean overloaded) {
        return overloaded ? settings.ratio() / OVERLOADED : settings.ratio();
    }

    /** Takes the token for one retry that successes have paid for, without the minimum, and returns whether there was one. */
    public boolean tryWithdrawEarned(long nowNanos) {
        return tryWithdraw(nowNanos, false, settings.ratio());
    }

    private boolean tryWithdraw(long nowNanos, boolean withMinimum, double ratio) {
        lock.lock();
        try {
            startSlots(nowNanos);
            if (balance(withMinimum, ratio) < 1) {
                return false;
            }
            withdrawn++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many retries could be made now. */
    public double balance(long nowNanos) {
        return balance(nowNanos, false);
    }

    /** Returns how many retries could be made now; see {@link #tryWithdraw(long, boolean)}. */
    public double balance(long nowNanos, boolean overloaded) {
        lock.lock();
        try {
            startSlots(nowNanos);
            return balance(true, ratio(overloaded));
        } finally {
            lock.unlock();
        }
    }

    private double balance(boolean withMinimum, double ratio) {
        int oldest = (slot + 1) % SLOTS;
        long deposits = successes.sum() - successesAtStart[oldest];
        double minimum = slotsOfHeadStart > 0 ? HEAD_START * reserve : reserve;
        double least = withMinimum ? minimum : 0;
        return Math.max(deposits * ratio, least) - (withdrawn - withdrawnAtStart[oldest]);
    }

    /** Every total counted until now belongs to the slot that is ending, because whoever counts first starts the next. */
    private void startSlots(long nowNanos) {
        long late = nowNanos - slotEndsNanos;
        if (late < 0) {
            return;
        }
        long started = 1 + late / slotNanos;
        long total = successes.sum();
        for (long i = 0; i < Math.min(started, SLOTS); i++) {
            slot = (slot + 1) % SLOTS;
            successesAtStart[slot] = total;
            withdrawnAtStart[slot] = withdrawn;
        }
        slotsOfHeadStart = (int) Math.max(0, slotsOfHeadStart - started);
        slotEndsNanos = nowNanos - late + started * slotNanos;
    }
}
