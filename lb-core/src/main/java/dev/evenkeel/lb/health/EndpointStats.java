package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;

/**
 * What detectors know of one endpoint.
 *
 * @param endpoint the endpoint
 * @param successes answers in the window that were no failure of the endpoint
 * @param failures failures of the endpoint in the window
 * @param failuresInARow failures since the last success, whenever that was
 * @param medianNanos about half of the answers took longer, in nanoseconds; 0 without answers
 */
public record EndpointStats(Endpoint endpoint, long successes, long failures, long failuresInARow, double medianNanos) {
    /** Returns how many attempts of the window said something about the endpoint. */
    public long volume() {
        return successes + failures;
    }

    /** Returns the share of successes, 0 to 1; asked only where there is a volume. */
    public double successRate() {
        return (double) successes / volume();
    }
}
