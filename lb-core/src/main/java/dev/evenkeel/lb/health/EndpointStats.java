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

    /**
     * How the attempts at several endpoints ended: worked out once, for the judgement of each.
     *
     * @param bad how many did not succeed: failures, and what was turned away
     * @param attempts how many there were
     */
    public record Total(long bad, long attempts) {
        /** Adds up what is known of these endpoints. */
        public static Total of(Collection<EndpointStats> all) {
            long bad = 0;
            long attempts = 0;
            for (EndpointStats one : all) {
                bad += one.failures + one.pushbacks;
                attempts += one.volume() + one.pushbacks;
            }
            return new Total(bad, attempts);
        }

        /** Returns the total without one endpoint's part, which may have grown since it was added. */
        public Total without(long ownBad, long ownAttempts) {
            long otherAttempts = Math.max(0, attempts - ownAttempts);
            return new Total(Math.min(otherAttempts, Math.max(0, bad - ownBad)), otherAttempts);
        }

        /** Returns the share of attempts that did not succeed, 0 to 1; 0 where there were none. */
        public double share() {
            return attempts == 0 ? 0 : (double) bad / attempts;
        }
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
     * @param all of endpoints of the service, this one among them
     */
    public double failureShareElsewhere(Total all) {
        return all.without(failures + pushbacks, volume() + pushbacks).share();
    }

    /** Returns the share of successes, 0 to 1; asked only where there is a volume. */
    public double successRate() {
        return (double) successes / volume();
    }
}
