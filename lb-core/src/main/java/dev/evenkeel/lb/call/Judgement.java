package dev.evenkeel.lb.call;

import java.time.Duration;

/**
 * What an answer means, where an application says it. Adapters judge by status; an application knows more: that a 404 is an ordinary answer, or
 * that a 200 with a certain header is an error.
 */
public enum Judgement {
    /** The answer is as the caller wished. */
    SUCCESS(Outcome.Kind.SUCCESS),
    /** The answer refuses the request, which is at fault: no failure of the endpoint, and no proof that it is well. Not repeated. */
    REJECTED(Outcome.Kind.REJECTED),
    /** A failure of the endpoint that another one would probably give as well. Not repeated. */
    FAILED(Outcome.Kind.FAILED),
    /** A failure of the endpoint that another one may not give. Idempotent requests are repeated there. */
    UNAVAILABLE(Outcome.Kind.UNAVAILABLE),
    /**
     * The endpoint asks for less load, for as long as the answer says if it says so. No failure; it gets less for a while, and idempotent
     * requests are repeated elsewhere.
     */
    PUSHBACK(Outcome.Kind.PUSHBACK);

    private final Outcome.Kind kind;

    Judgement(Outcome.Kind kind) {
        this.kind = kind;
    }

    /**
     * Returns the outcome of an attempt whose answer was judged so.
     *
     * @param reason what the answer is, such as {@code HTTP 404}
     * @param pause how long the answer asks for a pause; counts for {@link #PUSHBACK} alone
     */
    public Outcome outcome(String reason, Duration pause) {
        return switch (this) {
            case SUCCESS -> Outcome.SUCCESS;
            case PUSHBACK -> Outcome.pushback(reason, pause);
            case REJECTED, FAILED, UNAVAILABLE -> Outcome.of(kind, reason);
        };
    }
}
