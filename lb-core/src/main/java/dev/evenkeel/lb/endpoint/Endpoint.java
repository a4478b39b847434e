package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One server that can take requests, as discovery describes it. Immutable; change it with the {@code with…} methods.
 *
 * <p>The {@link #id()} tells endpoints apart across updates: an endpoint whose id and address stay the same keeps everything that
 * was learnt about it, whatever else of it changes. The id is the address unless discovery knows a better one.
 */
public final class Endpoint {
    /** The largest allowed {@link #weight()}. */
    public static final double MAX_WEIGHT = 1_000_000;

    private final String id;
    private final HostAndPort address;
    private final double weight;
    private final Locality locality;
    private final int priority;
    private final boolean terminating;
    private final Map<String, String> metadata;
    private final int hash;

    private Endpoint(
            String id,
            HostAndPort address,
            double weight,
            Locality locality,
            int priority,
            boolean terminating,
            Map<String, String> metadata) {
        this.id = id;
        this.address = address;
        this.weight = weight;
        this.locality = locality;
        this.priority = priority;
        this.terminating = terminating;
        this.metadata = metadata;
        this.hash = Objects.hash(id, address, weight, locality, priority, terminating, metadata);
    }

    /**
     * Returns an endpoint at an address such as {@code 10.0.0.1:8080}, {@code [2001:db8::1]:8080} or {@code orders-1.svc:8080}, with
     * weight 1, priority 0 and no locality.
     *
     * @throws IllegalArgumentException if the address is malformed, saying what is wrong with it
     */
    public static Endpoint of(String address) {
        return of(HostAndPort.parse(address));
    }

    /** Returns an endpoint at a host (a name, an IPv4 or an IPv6 address without brackets) and a port of 1 to 65535. */
    public static Endpoint of(String host, int port) {
        return of(HostAndPort.of(host, port));
    }

    private static Endpoint of(HostAndPort address) {
        return new Endpoint(address.toString(), address, 1, Locality.UNKNOWN, 0, false, Map.of());
    }

    /** Returns this endpoint with an id of discovery's own, such as a pod's name. It must not be empty. */
    public Endpoint withId(String newId) {
        if (newId.isBlank()) {
            throw new IllegalArgumentException("id of " + address + " is empty, must name the endpoint");
        }
        Limits.checkLength("id of " + address, newId);
        return new Endpoint(newId, address, weight, locality, priority, terminating, metadata);
    }

    /**
     * Returns this endpoint with a share of traffic in proportion to {@code newWeight}. With 0 it drains, as many registries mean by that: it
     * takes nothing new and finishes what it has.
     *
     * @param newWeight 0 to {@link #MAX_WEIGHT}; only its ratio to the others' matters
     */
    public Endpoint withWeight(double newWeight) {
        if (!(newWeight >= 0 && newWeight <= MAX_WEIGHT)) {
            throw new IllegalArgumentException(
                    "weight of " + OneLine.of(id) + " is " + newWeight + ", must be from 0 to " + MAX_WEIGHT);
        }
        double weightOrZero = newWeight == 0 ? 0 : newWeight; // -0.0 is the same, and must be equal
        return new Endpoint(id, address, weightOrZero, locality, priority, terminating, metadata);
    }

    /** Returns this endpoint at another place. */
    public Endpoint withLocality(Locality newLocality) {
        return new Endpoint(id, address, weight, newLocality, priority, terminating, metadata);
    }

    /** Returns this endpoint in another priority group; 0 is used first, and a negative priority is not allowed. */
    public Endpoint withPriority(int newPriority) {
        if (newPriority < 0) {
            throw new IllegalArgumentException(
                    "priority of " + OneLine.of(id) + " is " + newPriority + ", must not be negative");
        }
        return new Endpoint(id, address, weight, locality, newPriority, terminating, metadata);
    }

    /** Returns this endpoint marked as shutting down, or not: a terminating endpoint drains. */
    public Endpoint withTerminating(boolean newTerminating) {
        return new Endpoint(id, address, weight, locality, priority, newTerminating, metadata);
    }

    /** Returns this endpoint with one more metadata entry, or with another value for it. At most 64 entries are allowed. */
    public Endpoint withMetadata(String key, String value) {
        Limits.checkLength("metadata key of " + OneLine.of(id), key);
        Limits.checkLength(
                "metadata value of " + OneLine.of(id) + " for " + OneLine.of(key), value, Limits.METADATA_VALUE_LENGTH);
        Map<String, String> entries = new HashMap<>(metadata);
        entries.put(key, value);
        if (entries.size() > Limits.METADATA_ENTRIES) {
            throw new IllegalArgumentException(OneLine.of(id) + " has " + entries.size() + " metadata entries, at most "
                    + Limits.METADATA_ENTRIES + " are allowed");
        }
        return new Endpoint(id, address, weight, locality, priority, terminating, Map.copyOf(entries));
    }

    /** Returns the name that is the same for this endpoint in every list. */
    public String id() {
        return id;
    }

    /** Returns the host: a name, an IPv4 address, or an IPv6 address without brackets. */
    public String host() {
        return address.host();
    }

    /** Returns the port, 1 to 65535. */
    public int port() {
        return address.port();
    }

    /** Returns {@code host:port}, with an IPv6 host in brackets. */
    public String address() {
        return address.toString();
    }

    /** Returns the share of traffic relative to the other endpoints; 0 for one that is to drain. */
    public double weight() {
        return weight;
    }

    /** Returns where the endpoint runs. */
    public Locality locality() {
        return locality;
    }

    /** Returns the priority group; 0 is used first. */
    public int priority() {
        return priority;
    }

    /** Returns whether discovery says that the endpoint is shutting down. */
    public boolean isTerminating() {
        return terminating;
    }

    /** Returns what else discovery says of the endpoint; unmodifiable. */
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        return other instanceof Endpoint that
                && hash == that.hash
                && id.equals(that.id)
                && address.equals(that.address)
                && weight == that.weight
                && locality.equals(that.locality)
                && priority == that.priority
                && terminating == that.terminating
                && metadata.equals(that.metadata);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Returns the address, preceded by the id where that differs; on one line, and safe to log. */
    @Override
    public String toString() {
        return id.equals(address()) ? id : OneLine.of(id) + "=" + address();
    }
}
