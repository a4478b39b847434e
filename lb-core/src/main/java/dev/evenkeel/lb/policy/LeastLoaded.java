package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The node with the least load of some drawn at random, or of all.
 *
 * @param metric what is compared
 * @param draws how many different nodes are compared, 2 to 10, or {@link #ALL}
 */
public record LeastLoaded(LoadMetric metric, int draws) implements LoadBalancingPolicy {
    /** The {@link #draws} of a full scan, whose cost grows with the number of endpoints. */
    public static final int ALL = Integer.MAX_VALUE;

    private static final int MAX_DRAWS = 10;

    public LeastLoaded {
        if (draws != ALL && (draws < 2 || draws > MAX_DRAWS)) {
            throw new IllegalArgumentException(
                    "draws is " + draws + ", must be 2 to " + MAX_DRAWS + ", or all() to compare every endpoint");
        }
    }

    static LeastLoaded of(LoadMetric metric) {
        return new LeastLoaded(metric, 2);
    }

    /** Returns this policy comparing {@code newDraws} nodes, 2 to 10. */
    public LeastLoaded draws(int newDraws) {
        return new LeastLoaded(metric, newDraws);
    }

    /**
     * Returns this policy comparing all nodes; ties are broken at random. Where weights differ it compares ten drawn by weight: if
     * everyone took part in every comparison, a light endpoint would be picked as often as a heavy one.
     */
    public LeastLoaded all() {
        return new LeastLoaded(metric, ALL);
    }

    @Override
    public Picker newPicker(List<? extends Node> candidates, RandomGenerator random) {
        Node[] nodes = Draw.nodes(candidates);
        if (nodes.length == 1) {
            Node only = nodes[0];
            return (context, nowNanos) -> only;
        }
        double[] weights = Draw.weights(nodes);
        if (!Draw.allEqual(weights)) {
            int most = Math.min(MAX_DRAWS, nodes.length);
            return new WeightedChoicesPicker(metric, Math.min(draws, most), nodes, weights, random);
        }
        if (draws == 2 || nodes.length == 2) {
            return new TwoChoicesPicker(metric, nodes, random);
        }
        return draws < nodes.length
                ? new FewChoicesPicker(metric, draws, nodes, random)
                : new ScanPicker(metric, nodes, random);
    }

    @Override
    public String toString() {
        String base = "leastLoaded(" + metric + ")";
        return draws == ALL ? base + ".all()" : base + ".draws(" + draws + ")";
    }
}
