package dev.evenkeel.lb.retry;

/**
 * Whether to try again after an attempt, when, and why.
 *
 * @param kind the verdict
 * @param delayNanos how long to wait before the next attempt, in nanoseconds; 0 unless {@link #isRetry()}
 */
public record RetryDecision(Kind kind, long delayNanos) {
    /** Do not try again: the retry budget is spent. */
    public static final RetryDecision BUDGET_EXHAUSTED = stop(Kind.STOP_BUDGET);

    /** Do not try again: the attempt would be refused, so no token is spent on it. */
    public static final RetryDecision LIMITED = stop(Kind.STOP_LIMIT);

    /** Returns a decision to stop. */
    static RetryDecision stop(Kind kind) {
        return new RetryDecision(kind, 0);
    }

    /** Returns whether there is to be another attempt. */
    public boolean isRetry() {
        return kind == Kind.RETRY || kind == Kind.FREE_RETRY;
    }

    /** What was decided. */
    public enum Kind {
        /** Try again; the retry has been paid for from the budget. */
        RETRY,
        /** Try again at no cost: no server has worked on the request, or what failed was a probe that we chose to send. */
        FREE_RETRY,
        /** The outcome is final: an answer, or a failure that a repetition would not mend. */
        STOP_FINAL,
        /** The request may have been processed, and processing it twice is not safe. */
        STOP_NOT_IDEMPOTENT,
        /** The request's body cannot be sent again. */
        STOP_NOT_REPLAYABLE,
        /** As many attempts as allowed have been made. */
        STOP_ATTEMPTS,
        /** The call's time would be over before the next attempt began. */
        STOP_DEADLINE,
        /** The service's retry budget is spent. */
        STOP_BUDGET,
        /** The service's circuit breaker or its limit of attempts in flight would refuse another attempt. */
        STOP_LIMIT,
        /** Every endpoint that the call may go to asked to be left alone, for longer than a backoff or for an unknown time. */
        STOP_PUSHBACK,
        /** The endpoint is not who it should be, and there is no other. */
        STOP_UNTRUSTED
    }
}
