package dev.evenkeel.lb.observe;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;

/**
 * Is told what the load balancer does. Called on the threads that cause the changes, never under a lock of ours, so it should return
 * quickly; it may call the load balancer back. What it throws is caught, and logged the first time. Must be safe for use by many threads.
 */
public interface LoadBalancerListener {
    /** Learns of a change. Events of one service arrive in the order in which they happened. */
    default void onEvent(Event event) {}

    /**
     * Learns how an attempt ended; called once for each attempt, on the path of the request.
     *
     * @param latencyNanos from the pick to the first answer, or to the end where there was none
     */
    default void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {}
}
