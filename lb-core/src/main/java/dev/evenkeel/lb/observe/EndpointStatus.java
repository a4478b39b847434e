package dev.evenkeel.lb.observe;

import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import java.time.Duration;

/**
 * What the core knows of one endpoint at one moment.
 *
 * @param endpoint the endpoint
 * @param availability whether it is picked, or why not
 * @param detail more on that in words: what failed, and when it is tried again, or why it is avoided although available; empty if there is
 *     nothing to say
 * @param inFlight attempts picked and not completed
 * @param attempts attempts completed since the endpoint was first seen
 * @param failures those among them that count as its failure
 * @param latency the latency to expect, failures counted as slow answers; zero until the first answer
 * @param share its share of the attempts of the last ten seconds, 0 to 1
 * @param fairShare what would be its share by weight alone, among all that are available; 0 while it is out
 * @param avoidance why it gets less than its share although it is available, such as {@code expected 546 ms, peers 5 ms}; empty if nothing
 *     holds it back
 */
public record EndpointStatus(
        Endpoint endpoint,
        Availability availability,
        String detail,
        int inFlight,
        long attempts,
        long failures,
        Duration latency,
        double share,
        double fairShare,
        String avoidance) {
    public EndpointStatus {
        detail = OneLine.of(detail);
        avoidance = OneLine.of(avoidance);
    }

    /** Returns the endpoint and its state in a few words. */
    @Override
    public String toString() {
        return endpoint + " " + availability + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
