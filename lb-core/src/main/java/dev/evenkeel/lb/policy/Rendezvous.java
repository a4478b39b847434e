package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;

/**
 * Requests with the same key go to the same endpoint, the one that draws highest: see {@link LoadBalancingPolicy#rendezvous()}.
 *
 * @param fallback where requests without a key go
 * @param maxLoad how many times its fair share of all that is in flight an endpoint may have before keys go past it, more than 1;
 *     infinity for no bound
 */
public record Rendezvous(LoadBalancingPolicy fallback, double maxLoad) implements KeyedPolicy {
    public Rendezvous {
        Elsewhere.check(fallback, maxLoad);
    }

    static Rendezvous withDefaults() {
        return new Rendezvous(Elsewhere.DEFAULT_FALLBACK, Elsewhere.UNBOUNDED);
    }

    /** Returns this policy sending requests without a key by another policy, which must not be one by key itself. */
    public Rendezvous fallback(LoadBalancingPolicy newFallback) {
        return new Rendezvous(newFallback, maxLoad);
    }

    /**
     * Returns this policy with a bound; see {@link RingHash#boundedLoad}. Each full endpoint takes another look at everybody, so a pick that
     * meets ten takes 15 to 30 times as long as one that meets none.
     */
    public Rendezvous boundedLoad(double factor) {
        return new Rendezvous(fallback, factor);
    }

    @Override
    public KeyMap newKeyMap(List<Endpoint> endpoints) {
        return new RendezvousMap(endpoints, new Elsewhere(fallback, maxLoad));
    }

    @Override
    public String toString() {
        return "rendezvous()" + new Elsewhere(fallback, maxLoad);
    }
}
