package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.endpoint.Locality;
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
 * @param keys how many different keys their calls have, each as often as any other; 0 for calls without a key. At most 1,000,000; clients
 *     of different groups have the same ones
 * @param locality the region and the zone that they are in, of which their load balancers know
 */
public record Clients(
        double ratePerSecond,
        Duration deadline,
        Duration connectTimeout,
        double nonIdempotentShare,
        int keys,
        Locality locality) {
    private static final double LEAST_RATE = 1e-6;
    private static final int MOST_KEYS = 1_000_000;

    public Clients {
        Check.range("ratePerSecond", ratePerSecond, LEAST_RATE, 10_000_000);
        Check.positive("deadline", deadline);
        Check.positive("connectTimeout", connectTimeout);
        Check.range("nonIdempotentShare", nonIdempotentShare, 0, 1);
        Check.range("keys", keys, 0, MOST_KEYS);
        Objects.requireNonNull(locality, "locality");
    }

    /** Returns clients with a deadline of 1 s and a connect timeout of 10 s, all of whose calls may be repeated. */
    public static Clients ratePerSecond(double calls) {
        return new Clients(calls, Duration.ofSeconds(1), Duration.ofSeconds(10), 0, 0, Locality.UNKNOWN);
    }

    /** Returns these clients with another deadline. */
    public Clients deadline(Duration newDeadline) {
        return new Clients(ratePerSecond, newDeadline, connectTimeout, nonIdempotentShare, keys, locality);
    }

    /** Returns these clients with another connect timeout. */
    public Clients connectTimeout(Duration newConnectTimeout) {
        return new Clients(ratePerSecond, deadline, newConnectTimeout, nonIdempotentShare, keys, locality);
    }

    /** Returns these clients with so many of their calls not to be executed twice. */
    public Clients nonIdempotentShare(double newShare) {
        return new Clients(ratePerSecond, deadline, connectTimeout, newShare, keys, locality);
    }

    /** Returns these clients making calls that each have one of so many keys, at which policies such as {@code ringHash()} look. */
    public Clients keys(int newKeys) {
        return new Clients(ratePerSecond, deadline, connectTimeout, nonIdempotentShare, newKeys, locality);
    }

    /** Returns these clients in a zone. */
    public Clients zone(String newZone) {
        return in(new Locality(locality.region(), newZone));
    }

    /** Returns these clients in a region. */
    public Clients region(String newRegion) {
        return in(new Locality(newRegion, locality.zone()));
    }

    private Clients in(Locality newLocality) {
        return new Clients(ratePerSecond, deadline, connectTimeout, nonIdempotentShare, keys, newLocality);
    }
}
