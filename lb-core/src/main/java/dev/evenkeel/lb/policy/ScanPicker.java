package dev.evenkeel.lb.policy;

import java.util.random.RandomGenerator;

/**
 * The least loaded of all nodes. Among equals the choice is random, in proportion to the weights: one pass keeps the k-th equal with
 * the probability of its weight in the sum so far (weighted reservoir sampling).
 */
final class ScanPicker implements Picker {
    private final LoadMetric metric;
    private final Node[] nodes;
    private final double[] relativeWeights;
    private final RandomGenerator random;

    ScanPicker(LoadMetric metric, Node[] nodes, double[] weights, RandomGenerator random) {
        this.metric = metric;
        this.nodes = nodes;
        this.relativeWeights = Draw.relativeToMean(weights);
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        Node best = nodes[0];
        double bestLoad = metric.load(best, relativeWeights[0], nowNanos);
        double weightOfEquals = relativeWeights[0];
        for (int i = 1; i < nodes.length; i++) {
            double load = metric.load(nodes[i], relativeWeights[i], nowNanos);
            if (load < bestLoad) {
                best = nodes[i];
                bestLoad = load;
                weightOfEquals = relativeWeights[i];
            } else if (load == bestLoad) {
                weightOfEquals += relativeWeights[i];
                if (random.nextDouble() * weightOfEquals < relativeWeights[i]) {
                    best = nodes[i];
                }
            }
        }
        return best;
    }
}
