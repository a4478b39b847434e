package dev.evenkeel.lb.observe;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;

/**
 * Is told what the load balancer does, never under a lock of ours; it may call the load balancer back. What it throws is caught, and logged the
 * first time. Must be safe for use by many threads.
 *
 * <p>Changes are told on a thread of {@link dev.evenkeel.lb.time.Environment#listeners}: in the system's environment one that is there for that, so
 * that no request and no timer waits for a listener. One that is slow is told later, and delays no other. Once 10,000 events and four for
 * each endpoint of the list wait for it, what comes then is lost to it: that is logged, and counted in {@code describe()}.
 */
public interface LoadBalancerListener {
    /** Called when something has changed. Events of one service arrive in the order in which they happened, one at a time. */
    default void onEvent(Event event) {}

    /**
     * Returns whether to call {@link #onEvent} for events of this type; asked once for each type, when the listener is added. One that needs no
     * {@link Event.Type#RETRY} should say so, as these may be many.
     */
    default boolean isInterestedIn(Event.Type type) {
        return true;
    }

    /**
     * Called when an attempt has ended, once for each, on the thread that ends it: the caller waits for this, so it must return quickly.
     *
     * @param latencyNanos from the pick to the first answer, or to the end where there was none
     */
    default void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {}
}
