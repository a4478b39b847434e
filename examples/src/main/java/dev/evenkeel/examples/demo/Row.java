package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.observe.EndpointStatus;

/**
 * One endpoint at one moment.
 *
 * @param name the endpoint
 * @param mood what its server really does
 * @param share its part of the attempts of the last second, 0 to 1
 * @param inFlight attempts under way
 * @param recent the latencies of the last second
 * @param expectedNanos the latency that the load balancer expects; 0 if it has not heard anything yet
 * @param available whether it is picked
 * @param state whether it is picked, and why not
 */
record Row(
        String name,
        DemoServer.Mood mood,
        double share,
        int inFlight,
        Latencies recent,
        long expectedNanos,
        boolean available,
        String state) {

    static Row of(EndpointStatus status, DemoServer.Mood mood, Latencies recent, long allRecent) {
        return new Row(
                status.endpoint().id(),
                mood,
                allRecent == 0 ? 0 : (double) recent.count() / allRecent,
                status.inFlight(),
                recent,
                status.latency().toNanos(),
                status.availability().isAvailable(),
                state(status));
    }

    /** The end of the detail says what comes next, and there is no room for all of it; events have the whole. */
    private static String state(EndpointStatus status) {
        String detail = status.detail();
        String next = detail.substring(detail.lastIndexOf(", ") + 1).strip();
        return status.availability() + (next.isEmpty() ? "" : ", " + next);
    }
}
