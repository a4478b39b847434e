package dev.evenkeel.lb.retry;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which failed attempts are repeated, how often, and after what pause. A pure function: the budget is asked by the caller.
 *
 * <p>What no server has worked on costs neither an attempt nor a token, at most {@value #FREE_REPEATS} times in a call: a connection that was
 * refused, as long as there is another endpoint to try, and a request that the server says it did not process. That is repeated at once,
 * and after a pause when it happens again.
 *
 * @param maxAttempts the most attempts of one call, the first included; 1 turns retries off, also those that cost nothing
 * @param backoff the pause before a retry; there is none before the first retry when an untried endpoint is available
 */
public record RetryPolicy(int maxAttempts, Backoff backoff) {
    /** Three attempts, with the default backoff. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(3, Backoff.DEFAULT);

    /**
     * No retries, also not of what no server has worked on, such as a connection that was refused; who wants that
     * repeated takes two attempts. One repetition is left: after a pooled connection that was dead, if the request is
     * idempotent, or a probe that was refused.
     */
    public static final RetryPolicy NONE = new RetryPolicy(1, Backoff.DEFAULT);

    /** Forty callers over connections that end after twenty requests each needed up to 12; OkHttp follows as many redirects. */
    private static final int FREE_REPEATS = 20;

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
     * @param freeRepeats how many attempts have been repeated for free
     * @param probe whether the last attempt was a probe of an endpoint that was out
     * @param untriedLeft whether an endpoint is available that this call has not tried; after a pushback, one that asked for no pause itself
     * @param mayWalkOn whether the last attempt was refused a connection, the call is young, and an endpoint is available that it has not tried and
     *     that is not known to refuse them
     * @param remainingNanos nanoseconds until the call's time is over
     */
    public record Progress(
            int paidAttempts,
            int freeRepeats,
            boolean probe,
            boolean untriedLeft,
            boolean mayWalkOn,
            long remainingNanos) {}

    /**
     * Decides as if the budget had no end. The pause that an endpoint asks for is for that endpoint: another one is tried without it, and only
     * where there is none the call waits, if the pause is no longer than the longest backoff, or ends.
     */
    public RetryDecision decide(Outcome outcome, RequestInfo request, Progress progress, RandomGenerator random) {
        boolean free = isFree(outcome.kind(), progress);
        RetryDecision.Kind obstacle = obstacle(outcome.kind(), request, progress);
        if (obstacle == null && !free && progress.paidAttempts() >= maxAttempts) {
            obstacle = RetryDecision.Kind.STOP_ATTEMPTS;
        }
        if (obstacle != null) {
            return RetryDecision.stop(obstacle);
        }
        if (free) {
            boolean again = outcome.kind() == Outcome.Kind.NOT_PROCESSED && progress.freeRepeats() > 0;
            long pause = again ? backoff.pauseNanos(progress.freeRepeats(), random) : 0;
            return inTime(RetryDecision.Kind.FREE_RETRY, pause, progress);
        }
        boolean sameAgain = outcome.kind() == Outcome.Kind.PUSHBACK && !progress.untriedLeft();
        if (sameAgain && !isShort(outcome.pushbackNanos())) {
            return RetryDecision.stop(RetryDecision.Kind.STOP_PUSHBACK);
        }
        long delay = Math.max(sameAgain ? outcome.pushbackNanos() : 0, pauseNanos(progress, random));
        return inTime(RetryDecision.Kind.RETRY, delay, progress);
    }

    private static RetryDecision inTime(RetryDecision.Kind kind, long delayNanos, Progress progress) {
        return delayNanos >= progress.remainingNanos()
                ? RetryDecision.stop(RetryDecision.Kind.STOP_DEADLINE)
                : new RetryDecision(kind, delayNanos);
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

    /** A pooled connection that was dead, or a probe, whose risk was our choice and not the caller's, is repeated for free as the first only. */
    private boolean isFree(Outcome.Kind kind, Progress progress) {
        boolean first = progress.freeRepeats() == 0;
        boolean more = maxAttempts > 1 && progress.freeRepeats() < FREE_REPEATS;
        return switch (kind) {
            case STALE_CONNECTION -> first;
            case CONNECT_FAILED -> (first && progress.probe()) || (more && progress.mayWalkOn());
            case NOT_PROCESSED -> more;
            case SUCCESS,
                    REJECTED,
                    FAILED,
                    UNAVAILABLE,
                    UNTRUSTED,
                    BROKEN,
                    TIMED_OUT,
                    BODY_BROKEN,
                    PUSHBACK,
                    CANCELLED,
                    HEDGE_LOST,
                    NOT_SENT -> false;
        };
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
