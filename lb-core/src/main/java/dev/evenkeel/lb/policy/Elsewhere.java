package dev.evenkeel.lb.policy;

import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When a keyed policy does not do what the key says.
 *
 * @param fallback where requests without a key go
 * @param maxLoad how many times its fair share of all that is in flight an endpoint may have before keys go past it
 */
record Elsewhere(LoadBalancingPolicy fallback, double maxLoad) {
    /** The {@link #maxLoad} of a policy that never goes past an endpoint. */
    static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    static final LoadBalancingPolicy DEFAULT_FALLBACK = LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);

    Elsewhere {
        check(fallback, maxLoad);
    }

    static void check(LoadBalancingPolicy fallback, double maxLoad) {
        if (fallback instanceof KeyedPolicy) {
            throw new IllegalArgumentException(
                    "fallback is " + fallback + ", must be a policy that needs no key, such as " + DEFAULT_FALLBACK);
        }
        if (!(maxLoad > 1)) {
            throw new IllegalArgumentException(
                    "boundedLoad is " + maxLoad + ", must be more than 1: 1.25 allows 125 %" + " of the mean");
        }
    }

    /** Returns which of the candidates keys may go to: those that asked for no pause, or all, if there are none. */
    static BitSet withoutPushedBack(List<? extends Node> nodes, BitSet candidates) {
        BitSet others = (BitSet) candidates.clone();
        for (int i = candidates.nextSetBit(0); i >= 0; i = candidates.nextSetBit(i + 1)) {
            others.set(i, !nodes.get(i).isPushedBack());
        }
        return others.isEmpty() ? candidates : others;
    }

    Picker newFallback(List<Node> candidates, RandomGenerator random) {
        return fallback.newPicker(candidates, random);
    }

    @Nullable
    LoadBound newBound(List<Node> candidates) {
        return maxLoad == UNBOUNDED ? null : new LoadBound(maxLoad, candidates);
    }

    @Override
    public String toString() {
        String bound = maxLoad == UNBOUNDED ? "" : ".boundedLoad(" + maxLoad + ")";
        return ".fallback(" + fallback + ")" + bound;
    }
}
