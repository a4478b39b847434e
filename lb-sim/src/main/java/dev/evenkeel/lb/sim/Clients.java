package dev.evenkeel.lb.sim;

import java.time.Duration;
import java.util.Objects;

/**
 * What the clients of a group are like. Each has a load balancer of its own and knows only what it saw itself.
 * Immutable; change it with the methods that return another.
 *
 * @param ratePerSecond how many calls one client makes a second on average, whatever happens to them: arrivals are a
 *     Poisson process
 * @param deadline the time for a whole call with all its attempts
 * @param connectTimeout how long a client waits for a connection; for probes it is 1 s at most
 * @param nonIdempotentShare the share of calls that must not be executed twice, 0 to 1
 * @param zone the zone that they are in; empty for none
 */
public record Clients(
        double ratePerSecond, Duration deadline, Duration connectTimeout, double nonIdempotentShare, String zone) {
    private static final double LEAST_RATE = 1e-6;

    public Clients {
        Check.range("ratePerSecond", ratePerSecond, LEAST_RATE, 10_000_000);
        Check.positive("deadline", deadline);
        Check.positive("connectTimeout", connectTimeout);
        Check.range("nonIdempotentShare", nonIdempotentShare, 0, 1);
        Objects.requireNonNull(zone, "zone");
    }

    /** Returns clients with a deadline of 1 s and a connect timeout of 10 s, all of whose calls may be repeated. */
    public static Clients ratePerSecond(double calls) {
        return new Clients(calls, Duration.ofSeconds(1), Duration.ofSeconds(10), 0, "");
    }

    /** Returns these clients with another deadline. */
    public Clients deadline(Duration newDeadline) {
        return new Clients(ratePerSecond, newDeadline, connectTimeout, nonIdempotentShare, zone);
    }

    /** Returns these clients with another connect timeout. */
    public Clients connectTimeout(Duration newConnectTimeout) {
        return new Clients(ratePerSecond, deadline, newConnectTimeout, nonIdempotentShare, zone);
    }

    /** Returns these clients with so many of their calls not to be executed twice. */
    public Clients nonIdempotentShare(double newShare) {
        return new Clients(ratePerSecond, deadline, connectTimeout, newShare, zone);
    }

    /** Returns these clients in a zone, of which their load balancers know. */
    public Clients zone(String newZone) {
        return new Clients(ratePerSecond, deadline, connectTimeout, nonIdempotentShare, newZone);
    }
}
