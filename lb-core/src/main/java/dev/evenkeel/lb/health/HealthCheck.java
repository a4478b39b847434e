package dev.evenkeel.lb.health;

import java.util.concurrent.CompletableFuture;

/**
 * Asks an endpoint whether it is well, apart from any request. {@link TcpHealthCheck} and {@link HttpHealthCheck} are two; write your own
 * for another protocol. Must be safe for use by many threads, and is closed by whoever made it, if it needs that.
 *
 * <p>Its {@code toString()} says what it does, in the words that the load balancer's description is to show.
 */
@FunctionalInterface
public interface HealthCheck {
    /**
     * Checks an endpoint once. Runs on a thread that may wait, so it either waits and returns a future that is complete, or returns at
     * once and completes the future later, on any thread.
     *
     * <p>It should end by itself within {@link CheckTarget#timeout}. One that does not has failed, whatever it says later: its future is
     * cancelled, other endpoints are checked meanwhile, and while this method does not return it is not called again for the endpoint.
     *
     * @throws Exception if the check failed; the same as a future that fails, or a result that says so
     */
    CompletableFuture<CheckResult> check(CheckTarget target) throws Exception;
}
