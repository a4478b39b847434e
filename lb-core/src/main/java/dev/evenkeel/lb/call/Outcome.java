package dev.evenkeel.lb.call;

import dev.evenkeel.lb.text.OneLine;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * How an attempt ended. Adapters make one from a response or an exception; the core derives from it what to think of the endpoint
 * and whether the request may be sent again.
 *
 * @param kind what happened
 * @param reason a few words for events and error messages, such as {@code HTTP 503}; holds no headers and no body
 * @param pushbackNanos how long the server asked to be left alone, in nanoseconds; 0 when it did not ask
 */
public record Outcome(Kind kind, String reason, long pushbackNanos) {
    /** The endpoint answered and the answer is not its failure. */
    public static final Outcome SUCCESS = of(Kind.SUCCESS, "ok");

    /** The caller gave up. */
    public static final Outcome CANCELLED = of(Kind.CANCELLED, "cancelled");

    /** Another attempt of the call was answered first. */
    public static final Outcome HEDGE_LOST = of(Kind.HEDGE_LOST, "another attempt was answered first");

    public Outcome {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(reason, "reason");
        reason = OneLine.of(reason);
        if (pushbackNanos < 0) {
            throw new IllegalArgumentException("pushbackNanos is " + pushbackNanos + ", must not be negative");
        }
    }

    /** Returns an outcome without pushback. */
    public static Outcome of(Kind kind, String reason) {
        return new Outcome(kind, reason, 0);
    }

    /** Returns the outcome of an attempt that the server refused because it wants less load; {@code pause} may be zero. */
    public static Outcome pushback(String reason, Duration pause) {
        return new Outcome(Kind.PUSHBACK, reason, TimeUnit.NANOSECONDS.convert(pause));
    }

    /** What happened to the attempt, in terms of who is to blame and how far the request got. */
    public enum Kind {
        /** Answered as the caller wished. */
        SUCCESS(Evidence.GOOD),
        /**
         * Answered with a refusal that is about the request: HTTP 404 or 401, gRPC NOT_FOUND. Not a failure of the endpoint, and no proof
         * that it is well either: a server with a wrong secret or half of a release refuses everything, and quickly.
         */
        REJECTED(Evidence.ANSWER),
        /** Answered with a failure that another endpoint would probably give as well: HTTP 500. Not sent again. */
        FAILED(Evidence.BAD),
        /** Answered with a failure that another endpoint may not give: HTTP 502, 503, 504, gRPC UNAVAILABLE. */
        UNAVAILABLE(Evidence.BAD),
        /** No connection: refused, unreachable, timed out. Nothing was sent. */
        CONNECT_FAILED(Evidence.BAD),
        /** Connected, but the endpoint could not prove its identity. Nothing was sent. */
        UNTRUSTED(Evidence.BAD),
        /** The endpoint said that it did not process the request: HTTP/2 REFUSED_STREAM, a stream beyond its GOAWAY, HTTP 408. */
        NOT_PROCESSED(Evidence.NONE),
        /** A pooled connection turned out to be closed already. The endpoint may be in perfect health. */
        STALE_CONNECTION(Evidence.NONE),
        /** The connection broke after the request was sent: it may have been processed. */
        BROKEN(Evidence.BAD),
        /** No answer in time: it may have been processed. */
        TIMED_OUT(Evidence.BAD),
        /** The answer began well and broke off; the caller has seen its beginning, so it is never sent again. */
        BODY_BROKEN(Evidence.BAD),
        /** The server asked for less load: HTTP 429, 503 with Retry-After. Not a failure of the endpoint. */
        PUSHBACK(Evidence.NONE),
        /** The caller gave up, or the endpoint reset the stream of its answer and goes on, for a reason that it does not tell. */
        CANCELLED(Evidence.NONE),
        /** Another attempt of the call was answered first, and this one was given up: all that is known is how long it had taken. */
        HEDGE_LOST(Evidence.NONE),
        /** The request never left because of the caller: its body threw, or a cache answered. */
        NOT_SENT(Evidence.NONE);

        private final Evidence evidence;

        Kind(Evidence evidence) {
            this.evidence = evidence;
        }

        /** Returns whether this counts as a failure of the endpoint. */
        public boolean isEndpointFailure() {
            return evidence == Evidence.BAD;
        }

        /** Returns whether the endpoint answered, and that is not held against it. */
        public boolean isAnswer() {
            return evidence == Evidence.GOOD || evidence == Evidence.ANSWER;
        }

        /** Returns whether this says nothing about the endpoint, neither good nor bad. */
        public boolean isNeutral() {
            return evidence == Evidence.NONE;
        }

        /** What an outcome tells about the endpoint. */
        private enum Evidence {
            GOOD,
            ANSWER,
            BAD,
            NONE
        }
    }
}
