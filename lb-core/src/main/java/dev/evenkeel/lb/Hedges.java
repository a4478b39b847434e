package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a call may make another attempt while one is still waited for: after the observed percentile of latency, or after the
 * attempt timeout. There is none where both are off. Safe for use by many threads, without a lock until a token is asked for.
 */
final class Hedges {
    private final @Nullable Hedging hedging;
    private final long attemptTimeoutNanos;
    private final boolean whileSlow;
    private final RetryBudget budget;
    private final @Nullable RetryBudget share; // null where hedging is off
    private final AtomicLong tail = new AtomicLong(TailLatency.UNMEASURED);
    private final LatencyRise rise;
    private volatile int overdue = LateShare.NONE; // written by whoever learns; a lost update is no loss

    Hedges(HedgeSettings settings, RetryBudget budget, Duration window, long nowNanos) {
        Duration timeout = settings.attemptTimeout();
        this.hedging = settings.hedging();
        this.attemptTimeoutNanos = timeout == null ? BalancedCall.NEVER : timeout.toNanos();
        this.whileSlow = settings.whileSlow();
        this.budget = budget;
        this.rise = new LatencyRise(nowNanos);
        this.share = hedging == null
                ? null
                : new RetryBudget(new RetryBudget.Settings(hedging.maxShare(), 0, window), nowNanos);
    }

    /**
     * Returns how long from now to wait for an attempt that has been waited for so long. What was refused when its time had come is asked
     * for again when twice the time has passed.
     *
     * @param hedged whether the call has made its one hedge
     */
    long delayNanos(long waitedNanos, boolean hedged) {
        long delay = until(attemptTimeoutNanos, waitedNanos);
        return hedging == null || hedged ? delay : Math.min(delay, until(hedgeNanos(hedging), waitedNanos));
    }

    private static long until(long limitNanos, long waitedNanos) {
        if (limitNanos == BalancedCall.NEVER) {
            return BalancedCall.NEVER;
        }
        return waitedNanos < limitNanos ? limitNanos - waitedNanos : waitedNanos;
    }

    private long hedgeNanos(Hedging on) {
        long word = tail.getOpaque();
        return TailLatency.isKnown(word)
                ? Math.max(on.minDelay().toNanos(), (long) TailLatency.nanos(word))
                : BalancedCall.NEVER;
    }

    /** Returns whether an attempt that took so long has overstayed the attempt timeout. */
    boolean isOverdue(long elapsedNanos) {
        return elapsedNanos >= attemptTimeoutNanos;
    }

    /** Returns whether an attempt that has been waited for so long takes longer than most. */
    boolean isLate(long waitedNanos) {
        return hedging != null && waitedNanos >= hedgeNanos(hedging);
    }

    /** Learns that a call waits for its first attempt, which is late or overdue. */
    void learnWaiting(Attempt first, long waitedNanos) {
        if (hedging != null && isLate(waitedNanos) && first.note(Attempt.KNOWN_LATE)) {
            tail.setOpaque(TailLatency.observeLate(tail.getOpaque(), hedging.percentile()));
        }
        if (isOverdue(waitedNanos) && first.note(Attempt.KNOWN_OVERDUE)) {
            overdue = LateShare.observe(overdue, true);
        }
    }

    /** Takes the tokens for a hedge, and returns whether there were any. */
    boolean mayHedge(long nowNanos) {
        return share != null
                && (whileSlow || !(TailLatency.isRising(tail.getOpaque()) || rise.isRisen()))
                && share.balance(nowNanos) >= 1
                && budget.tryWithdrawEarned(nowNanos)
                && share.tryWithdraw(nowNanos);
    }

    /** Returns whether another attempt beside one that is overdue could help. */
    boolean mayReplace() {
        return whileSlow || !(LateShare.isMost(overdue) || rise.isRisen());
    }

    /** Learns how long an attempt took that was answered well. */
    void learnSuccess(Attempt attempt, long latencyNanos, long nowNanos) {
        if (share != null) {
            share.deposit(nowNanos);
        }
        if (attempt.previous() != null || attempt.isDecisive()) {
            return;
        }
        rise.observe(latencyNanos, nowNanos);
        if (hedging != null && !attempt.isNoted(Attempt.KNOWN_LATE)) {
            tail.setOpaque(TailLatency.observe(tail.getOpaque(), latencyNanos, hedging.percentile()));
        }
        if (!attempt.isNoted(Attempt.KNOWN_OVERDUE)) {
            overdue = LateShare.observe(overdue, isOverdue(latencyNanos));
        }
    }

    /** Returns what an attempt that lost against another one is to be taken for: past its timeout it is no mere loser. */
    Outcome judgeLoser(Outcome lost, long elapsedNanos) {
        return isOverdue(elapsedNanos)
                ? Outcome.of(
                        Outcome.Kind.TIMED_OUT,
                        "no answer in the attempt timeout of " + Text.millis(attemptTimeoutNanos))
                : lost;
    }
}
