package dev.evenkeel.lb.policy;

import java.util.random.RandomGenerator;

/** The less loaded of two different nodes of equal weight; on a tie the first drawn, which is a random one. */
final class TwoChoicesPicker implements Picker {
    private final LoadMetric metric;
    private final Node[] nodes;
    private final RandomGenerator random;

    TwoChoicesPicker(LoadMetric metric, Node[] nodes, RandomGenerator random) {
        this.metric = metric;
        this.nodes = nodes;
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        long bits = random.nextLong();
        int first = Draw.upper(bits, nodes.length);
        int second = Draw.lower(bits, nodes.length - 1);
        if (second >= first) {
            second++; // skips the first, so that the two always differ
        }
        Node a = nodes[first];
        Node b = nodes[second];
        return metric.isLess(b, a, nowNanos) ? b : a;
    }
}
