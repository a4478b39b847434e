package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;

/**
 * What detectors know of one endpoint.
 *
 * @param endpoint the endpoint
 * @param successes answers in the window that were no failure of the endpoint
 * @param failures failures of the endpoint in the window
 * @param pushbacks attempts in the window that the endpoint turned away because it wants less load, or would have during the pause it asked for
 * @param failingSeconds in how many seconds of the window there was a failure
 * @param failuresInARow failures since the last success, whenever that was
 * @param rowNanos for how long it has failed in a row, or since it was last asked after seconds of silence, in nanoseconds
 * @param serving whether other attempts wait in a queue there, and one was answered well in the last half second
 * @param medianNanos about half of the answers took longer, in nanoseconds; 0 without answers
 * @param peers what else happened at the service
 */
public record EndpointStats(
        Endpoint endpoint,
        long successes,
        long failures,
        long pushbacks,
        int failingSeconds,
        long failuresInARow,
        long rowNanos,
        boolean serving,
        double medianNanos,
        Peers peers) {
    /**
     * What happened in the last second or two at a service, against which a run of failures at one endpoint is judged.
     *
     * @param failureShare the share of attempts at other endpoints that failed, 0 to 1; see {@link FailuresElsewhere}
     * @param attempts the attempts at all endpoints
     */
    public record Peers(double failureShare, long attempts) {
        /** Nothing is known of others. */
        public static final Peers UNKNOWN = new Peers(0, 0);
    }

    /** Creates statistics of an endpoint of whose peers nothing is known, where no attempt waits, and failures are spread over the window. */
    public EndpointStats(Endpoint endpoint, long successes, long failures, long failuresInARow, double medianNanos) {
        this(
                endpoint,
                successes,
                failures,
                0,
                (int) Math.min(10, failures),
                failuresInARow,
                0,
                false,
                medianNanos,
                Peers.UNKNOWN);
    }

    /** Returns how many attempts of the window said something about the endpoint. */
    public long volume() {
        return successes + failures;
    }

    /** Returns the share of successes, 0 to 1; asked only where there is a volume. */
    public double successRate() {
        return (double) successes / volume();
    }
}
