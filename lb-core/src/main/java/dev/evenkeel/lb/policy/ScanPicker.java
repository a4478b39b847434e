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
        int longest = longestQueueOfWell();
        Node best = nodes[0];
        double leastCost = metric.cost(best, best.inFlight(), nowNanos);
        double queue = LoadMetric.queue(best.isFailing(), best.inFlight(), longest);
        int equals = 1;
        for (int i = 1; i < nodes.length; i++) {
            Node node = nodes[i];
            double cost = metric.cost(node, node.inFlight(), nowNanos);
            double nodesQueue = LoadMetric.queue(node.isFailing(), node.inFlight(), longest);
            double load = LoadMetric.known(cost, leastCost) * nodesQueue;
            double leastLoad = LoadMetric.known(leastCost, cost) * queue;
            boolean tie = load == leastLoad && Draw.upper(random.nextLong(), ++equals) == 0;
            if (load < leastLoad || tie) {
                equals = tie ? equals : 1;
                best = node;
                leastCost = cost;
                queue = nodesQueue;
            }
        }
        return best;
    }

    private int longestQueueOfWell() {
        int longest = 0;
        for (Node node : nodes) {
            longest = node.isFailing() ? longest : Math.max(longest, node.inFlight());
        }
        return longest;
    }
}
