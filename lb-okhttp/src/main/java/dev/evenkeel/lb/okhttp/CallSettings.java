package dev.evenkeel.lb.okhttp;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one request wants of the load balancer. Give it to the request as a tag:
 * {@code request.tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Duration.ofMillis(300)))}. It has no effect on requests to
 * other hosts.
 *
 * @param deadline the time for the whole call, with all its attempts and the reading of its body, counted from the moment the
 *     request reaches the load balancer; more than 0, at most 1 day; null for none. A WebSocket must open within it. When it passes, a
 *     {@link DeadlineExceededException} is thrown
 * @param idempotent whether the request may be executed twice; null to judge by its method and its {@code Idempotency-Key}
 */
public record CallSettings(
        @Nullable Duration deadline, @Nullable Boolean idempotent) {
    /** No deadline, and idempotent according to the method. */
    public static final CallSettings DEFAULT = new CallSettings(null, null);

    public CallSettings {
        boolean valid = deadline == null
                || !(deadline.isNegative() || deadline.isZero() || deadline.compareTo(Duration.ofDays(1)) > 0);
        if (!valid) {
            throw new IllegalArgumentException("deadline is " + deadline + ", must be more than 0 and at most 1 day");
        }
    }

    /** Returns these settings with another deadline. */
    public CallSettings withDeadline(Duration newDeadline) {
        return new CallSettings(newDeadline, idempotent);
    }

    /** Returns these settings with a promise, or a warning, about executing the request twice. */
    public CallSettings withIdempotent(boolean newIdempotent) {
        return new CallSettings(deadline, newIdempotent);
    }
}
