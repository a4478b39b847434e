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

    /** Returns this policy comparing all nodes; ties are broken at random. */
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
        boolean two = Math.min(draws, nodes.length) == 2;
        if (draws >= nodes.length && !two) {
            return new ScanPicker(metric, nodes, weights, random);
        }
        if (!Draw.allEqual(weights)) {
            return new WeightedChoicesPicker(metric, Math.min(draws, nodes.length), nodes, weights, random);
        }
        return two ? new TwoChoicesPicker(metric, nodes, random) : new FewChoicesPicker(metric, draws, nodes, random);
    }

    @Override
    public String toString() {
        String base = "leastLoaded(" + metric + ")";
        return draws == ALL ? base + ".all()" : base + ".draws(" + draws + ")";
    }
}
