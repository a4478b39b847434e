package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.Collection;

/**
 * What detectors know of one endpoint.
 *
 * @param endpoint the endpoint
 * @param successes answers in the window that were no failure of the endpoint
 * @param failures failures of the endpoint in the window
 * @param pushbacks attempts in the window that the endpoint turned away because it wants less load
 * @param failuresInARow failures since the last success, whenever that was
 * @param serving whether other attempts wait in a queue there, and one was answered well in the last half second
 * @param medianNanos about half of the answers took longer, in nanoseconds; 0 without answers
 * @param peers what else happened at the service
 */
public record EndpointStats(
        Endpoint endpoint,
        long successes,
        long failures,
        long pushbacks,
        long failuresInARow,
        boolean serving,
        double medianNanos,
        Peers peers) {
    /**
     * What happened in the last second at a service, against which a run of failures at one endpoint is judged.
     *
     * @param failureShare the share of attempts at other endpoints that failed, 0 to 1
     * @param attempts the attempts at all endpoints
     */
    public record Peers(double failureShare, long attempts) {
        /** Nothing is known of others. */
        public static final Peers UNKNOWN = new Peers(0, 0);
    }

    /** Creates statistics of an endpoint of whose peers nothing is known, and where no attempt waits. */
    public EndpointStats(Endpoint endpoint, long successes, long failures, long failuresInARow, double medianNanos) {
        this(endpoint, successes, failures, 0, failuresInARow, false, medianNanos, Peers.UNKNOWN);
    }

    /** Returns how many attempts of the window said something about the endpoint. */
    public long volume() {
        return successes + failures;
    }

    /**
     * Returns the share of attempts that did not succeed at the other ones of these endpoints: failures, and what was turned away. What fails
     * everywhere is held against no endpoint. 0 where there are no others.
     *
     * @param all endpoints of the service, this one among them or not
     */
    public double failureShareElsewhere(Collection<EndpointStats> all) {
        long bad = 0;
        long volume = 0;
        for (EndpointStats other : all) {
            if (!other.endpoint.equals(endpoint)) {
                bad += other.failures + other.pushbacks;
                volume += other.volume() + other.pushbacks;
            }
        }
        return volume == 0 ? 0 : (double) bad / volume;
    }

    /** Returns the share of successes, 0 to 1; asked only where there is a volume. */
    public double successRate() {
        return (double) successes / volume();
    }
}
