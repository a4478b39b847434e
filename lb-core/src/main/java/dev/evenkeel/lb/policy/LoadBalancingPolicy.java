package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Makes pickers: a balancing algorithm with its settings.
 *
 * <p>The core asks for a new picker whenever the candidates or their weights change, and drops the old one. Health is settled
 * before: every candidate may be picked. Write your own with one method; {@code toString()} is what {@code describe()} prints.
 */
@FunctionalInterface
public interface LoadBalancingPolicy {
    /**
     * Returns a picker over these candidates. Runs while the control loop holds its lock, so it only computes.
     *
     * @param candidates at least one, unmodifiable; in the order of the list, unless only a part of it is used
     * @param random randomness, for this method and for the picker; safe for use by many threads
     */
    Picker newPicker(List<? extends Node> candidates, RandomGenerator random);

    /**
     * The node with the least load of two drawn at random. The default, with {@link LoadMetric#PEAK_EWMA}.
     *
     * <p>Weights decide how often a node is drawn and how much in flight it carries. Source: Mitzenmacher, "The Power of Two Choices
     * in Randomized Load Balancing", 2001.
     */
    static LeastLoaded leastLoaded(LoadMetric metric) {
        return LeastLoaded.of(metric);
    }

    /** Every node in turn, from a random start. Ignores weights. */
    static LoadBalancingPolicy roundRobin() {
        return new Named("roundRobin()", RoundRobinPicker::new);
    }

    /** Every node in turn, in proportion to its weight and evenly spread over time, from a random start. */
    static LoadBalancingPolicy weightedRoundRobin() {
        return new Named("weightedRoundRobin()", WeightedRoundRobinPicker::new);
    }

    /** Any node with equal probability. Ignores weights. */
    static LoadBalancingPolicy random() {
        return new Named("random()", RandomPicker::new);
    }

    /** Any node with a probability in proportion to its weight. */
    static LoadBalancingPolicy weightedRandom() {
        return new Named("weightedRandom()", WeightedRandomPicker::new);
    }

    /**
     * Requests with the same {@link dev.evenkeel.lb.call.RequestKey} go to the same endpoint, which is that of Envoy's and gRPC's ring_hash
     * for the same list, weights and key. When an endpoint comes or goes, only its own keys move. Requests without a key go to the least
     * loaded.
     *
     * <p>Source: Karger et al., "Consistent Hashing and Random Trees", 1997; Envoy's {@code ring_hash}.
     */
    static RingHash ringHash() {
        return RingHash.withDefaults();
    }

    /**
     * Requests with the same {@link dev.evenkeel.lb.call.RequestKey} go to the same endpoint, which is that of Envoy's maglev for the same
     * list, weights and key. It spreads keys more evenly than a ring; when an endpoint comes or goes, a few other keys move as well. Requests
     * without a key go to the least loaded.
     *
     * <p>Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", 2016; Envoy's {@code maglev}.
     */
    static Maglev maglev() {
        return Maglev.withDefaults();
    }

    /**
     * Requests with the same {@link dev.evenkeel.lb.call.RequestKey} go to the same endpoint, the one that draws highest for the key. It
     * spreads keys as evenly as dice, honours weights exactly, moves only the keys of an endpoint that comes or goes, and has no table; but
     * a pick looks at all endpoints, so it is for lists of up to about forty. Requests without a key go to the least loaded.
     *
     * <p>Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998.
     */
    static Rendezvous rendezvous() {
        return Rendezvous.withDefaults();
    }
}
