package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;

/** The policies by key, and the one that computes nothing. */
public enum KeyedPolicyChoice {
    RANDOM,
    RING_HASH,
    RING_HASH_BOUNDED,
    MAGLEV,
    MAGLEV_BOUNDED,
    RENDEZVOUS,
    RENDEZVOUS_BOUNDED;

    LoadBalancingPolicy policy() {
        return switch (this) {
            case RANDOM -> LoadBalancingPolicy.random();
            case RING_HASH -> LoadBalancingPolicy.ringHash();
            case RING_HASH_BOUNDED -> LoadBalancingPolicy.ringHash().boundedLoad(1.25);
            case MAGLEV -> LoadBalancingPolicy.maglev();
            case MAGLEV_BOUNDED -> LoadBalancingPolicy.maglev().boundedLoad(1.25);
            case RENDEZVOUS -> LoadBalancingPolicy.rendezvous();
            case RENDEZVOUS_BOUNDED -> LoadBalancingPolicy.rendezvous().boundedLoad(1.25);
        };
    }
}
