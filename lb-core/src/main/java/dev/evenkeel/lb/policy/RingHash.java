package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;

/**
 * Requests with the same key go to the same endpoint, the one of the next point on a ring: see {@link LoadBalancingPolicy#ringHash()}.
 *
 * @param minSize at least how many points the ring has, if {@code maxSize} allows it
 * @param maxSize how many points it has at most, 1 to {@link #LARGEST}
 * @param fallback where requests without a key go
 * @param maxLoad how many times its fair share of all that is in flight an endpoint may have before keys go past it, more than 1;
 *     infinity for no bound
 */
public record RingHash(int minSize, int maxSize, LoadBalancingPolicy fallback, double maxLoad) implements KeyedPolicy {
    /** The largest allowed ring, and the default of {@link #maxSize}, as in Envoy. */
    public static final int LARGEST = 8 * 1024 * 1024;

    private static final int DEFAULT_MIN_SIZE = 1024;

    public RingHash {
        if (minSize < 1 || minSize > LARGEST) {
            throw new IllegalArgumentException("minSize is " + minSize + ", must be 1 to " + LARGEST);
        }
        if (maxSize < minSize || maxSize > LARGEST) {
            throw new IllegalArgumentException(
                    "maxSize is " + maxSize + ", must be at least minSize, " + minSize + ", and at most " + LARGEST);
        }
        Elsewhere.check(fallback, maxLoad);
    }

    static RingHash withDefaults() {
        return new RingHash(DEFAULT_MIN_SIZE, LARGEST, Elsewhere.DEFAULT_FALLBACK, Elsewhere.UNBOUNDED);
    }

    /**
     * Returns this policy with a ring of another size. More points spread keys more evenly: with 100 for each endpoint shares differ by
     * about a tenth. All who should agree about keys need the same sizes.
     */
    public RingHash size(int newMin, int newMax) {
        return new RingHash(newMin, newMax, fallback, maxLoad);
    }

    /** Returns this policy sending requests without a key by another policy, which must not be one by key itself. */
    public RingHash fallback(LoadBalancingPolicy newFallback) {
        return new RingHash(minSize, maxSize, newFallback, maxLoad);
    }

    /**
     * Returns this policy with a bound: an endpoint that has {@code factor} times its fair share by weight of all that is in flight is
     * walked past, and where ten are met, the least full of them is taken. The sum is up to 1 ms old, or 1 µs an
     * endpoint, above 16 endpoints.
     */
    public RingHash boundedLoad(double factor) {
        return new RingHash(minSize, maxSize, fallback, factor);
    }

    @Override
    public KeyMap newKeyMap(List<Endpoint> endpoints) {
        RendezvousMap rest = new RendezvousMap(endpoints, new Elsewhere(fallback, maxLoad));
        return new WalkedMap(new Ring(endpoints, minSize, maxSize), rest);
    }

    @Override
    public String toString() {
        return "ringHash().size(" + minSize + ", " + maxSize + ")" + new Elsewhere(fallback, maxLoad);
    }
}
