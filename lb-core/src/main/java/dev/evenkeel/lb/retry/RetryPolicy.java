package dev.evenkeel.lb.retry;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which failed attempts are repeated, how often, and after what pause. A pure function: the budget is asked by the caller.
 *
 * @param maxAttempts the most attempts of one call, the first included; 1 turns retries off
 * @param backoff the pause before a retry; there is none before the first retry when an untried endpoint is available
 */
public record RetryPolicy(int maxAttempts, Backoff backoff) {
    /** Three attempts, with the default backoff. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(3, Backoff.DEFAULT);

    /** No retries. */
    public static final RetryPolicy NONE = new RetryPolicy(1, Backoff.DEFAULT);

    private static final int ALLOWED_ATTEMPTS = 10;

    public RetryPolicy {
        if (maxAttempts < 1 || maxAttempts > ALLOWED_ATTEMPTS) {
            throw new IllegalArgumentException(
                    "retry.maxAttempts is " + maxAttempts + ", must be 1 to " + ALLOWED_ATTEMPTS);
        }
    }

    /**
     * What has happened in a call so far.
     *
     * @param paidAttempts how many attempts have been made, without those that were repeated for free
     * @param freeRetryUsed whether a repetition for free has already been granted
     * @param probe whether the last attempt was a probe of an endpoint that was out
     * @param untriedLeft whether an endpoint is available that this call has not tried; after a pushback, one that asked for no pause itself
     * @param remainingNanos nanoseconds until the call's time is over
     */
    public record Progress(
            int paidAttempts, boolean freeRetryUsed, boolean probe, boolean untriedLeft, long remainingNanos) {}

    /**
     * Decides as if the budget had no end. The pause that an endpoint asks for is for that endpoint: another one is tried without it, and only
     * where there is none the call waits, if the pause is no longer than the longest backoff, or ends.
     */
    public RetryDecision decide(Outcome outcome, RequestInfo request, Progress progress, RandomGenerator random) {
        RetryDecision.Kind obstacle = obstacle(outcome.kind(), request, progress);
        if (obstacle == null && !isFree(outcome.kind(), progress) && progress.paidAttempts() >= maxAttempts) {
            obstacle = RetryDecision.Kind.STOP_ATTEMPTS;
        }
        if (obstacle != null) {
            return RetryDecision.stop(obstacle);
        }
        if (isFree(outcome.kind(), progress)) {
            return new RetryDecision(RetryDecision.Kind.FREE_RETRY, 0);
        }
        boolean sameAgain = outcome.kind() == Outcome.Kind.PUSHBACK && !progress.untriedLeft();
        if (sameAgain && !isShort(outcome.pushbackNanos())) {
            return RetryDecision.stop(RetryDecision.Kind.STOP_PUSHBACK);
        }
        long delay = Math.max(sameAgain ? outcome.pushbackNanos() : 0, pauseNanos(progress, random));
        return delay >= progress.remainingNanos()
                ? RetryDecision.stop(RetryDecision.Kind.STOP_DEADLINE)
                : new RetryDecision(RetryDecision.Kind.RETRY, delay);
    }

    /** Returns what stands against any repetition, however many attempts and tokens are left. */
    private static RetryDecision.@Nullable Kind obstacle(Outcome.Kind kind, RequestInfo request, Progress progress) {
        return switch (kind) {
            case SUCCESS, REJECTED, FAILED, BODY_BROKEN, CANCELLED, HEDGE_LOST, NOT_SENT ->
                RetryDecision.Kind.STOP_FINAL;
            case CONNECT_FAILED -> null; // nothing was sent, not even of a body that can be sent only once
            case UNTRUSTED -> progress.untriedLeft() ? null : RetryDecision.Kind.STOP_UNTRUSTED;
            case NOT_PROCESSED -> request.replayable() ? null : RetryDecision.Kind.STOP_NOT_REPLAYABLE;
            case UNAVAILABLE, STALE_CONNECTION, BROKEN, TIMED_OUT, PUSHBACK -> {
                if (!request.idempotent()) {
                    yield RetryDecision.Kind.STOP_NOT_IDEMPOTENT;
                }
                yield request.replayable() ? null : RetryDecision.Kind.STOP_NOT_REPLAYABLE;
            }
        };
    }

    /** Once in a call: for a pooled connection that was dead, and for a probe, whose risk was our choice and not the caller's. */
    private static boolean isFree(Outcome.Kind kind, Progress progress) {
        boolean notTheEndpointsFault =
                kind == Outcome.Kind.STALE_CONNECTION || (kind == Outcome.Kind.CONNECT_FAILED && progress.probe());
        return notTheEndpointsFault && !progress.freeRetryUsed() && progress.remainingNanos() > 0;
    }

    /** A server that names no pause, or one longer than any backoff, wants the caller to hear of it. */
    private boolean isShort(long pushbackNanos) {
        return pushbackNanos > 0 && pushbackNanos <= TimeUnit.NANOSECONDS.convert(backoff.max());
    }

    private long pauseNanos(Progress progress, RandomGenerator random) {
        int pauses = progress.untriedLeft() ? progress.paidAttempts() - 1 : progress.paidAttempts();
        return pauses < 1 ? 0 : backoff.pauseNanos(pauses, random);
    }
}
