package dev.evenkeel.lb.call;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * What the core must know about one logical request: whether it may be sent twice, and how long it may take.
 *
 * @param idempotent whether executing the request twice has the effect of executing it once (RFC 9110 §9.2.2), so that it may be
 *     sent again after it may already have been processed
 * @param replayable whether its body can be sent again from the start; true when there is no body
 * @param timeoutNanos nanoseconds for the whole call with all its attempts, counted from the first pick; {@link #NO_TIMEOUT} for
 *     no limit
 * @param destination what the request asks of the place it goes to
 */
public record RequestInfo(boolean idempotent, boolean replayable, long timeoutNanos, Destination destination) {
    /** The {@link #timeoutNanos} of a call without a limit. */
    public static final long NO_TIMEOUT = Long.MAX_VALUE;

    /** An idempotent request that can be sent again, without a time limit: a plain GET. */
    public static final RequestInfo IDEMPOTENT = new RequestInfo(true, true, NO_TIMEOUT);

    /** A request that must not be executed twice but whose body can be sent again, without a time limit: a plain POST. */
    public static final RequestInfo NON_IDEMPOTENT = new RequestInfo(false, true, NO_TIMEOUT);

    public RequestInfo {
        if (timeoutNanos <= 0) {
            throw new IllegalArgumentException("timeoutNanos is " + timeoutNanos + ", must be positive");
        }
        Objects.requireNonNull(destination, "destination");
    }

    /** Describes a request that may go to any endpoint. */
    public RequestInfo(boolean idempotent, boolean replayable, long timeoutNanos) {
        this(idempotent, replayable, timeoutNanos, Destination.ANY);
    }

    /** Returns this description with a limit on the whole call. */
    public RequestInfo withTimeout(Duration timeout) {
        return new RequestInfo(idempotent, replayable, TimeUnit.NANOSECONDS.convert(timeout), destination);
    }

    /** Returns this description with wishes about where the request goes. */
    public RequestInfo withDestination(Destination newDestination) {
        return new RequestInfo(idempotent, replayable, timeoutNanos, newDestination);
    }
}
