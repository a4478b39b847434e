package dev.evenkeel.lb.policy;

import java.util.random.RandomGenerator;

/**
 * The least loaded of all nodes of equal weight. Among equals the choice is random: one pass keeps the k-th equal with a probability of
 * 1 in k (reservoir sampling).
 */
final class ScanPicker implements Picker {
    private final LoadMetric metric;
    private final Node[] nodes;
    private final RandomGenerator random;

    ScanPicker(LoadMetric metric, Node[] nodes, RandomGenerator random) {
        this.metric = metric;
        this.nodes = nodes;
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        int longest = longestQueue();
        Node best = nodes[0];
        double bestLoad = metric.load(best, longest, nowNanos);
        int equals = 1;
        for (int i = 1; i < nodes.length; i++) {
            double load = metric.load(nodes[i], longest, nowNanos);
            if (load < bestLoad) {
                best = nodes[i];
                bestLoad = load;
                equals = 1;
            } else if (load == bestLoad && Draw.upper(random.nextLong(), ++equals) == 0) {
                best = nodes[i];
            }
        }
        return best;
    }

    private int longestQueue() {
        int longest = 0;
        for (Node node : nodes) {
            longest = Math.max(longest, node.inFlight());
        }
        return longest;
    }
}
