package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.random.RandomGenerator;

/** Any node with equal probability. */
final class RandomPicker implements Picker {
    private final Node[] nodes;
    private final RandomGenerator random;

    RandomPicker(List<? extends Node> candidates, RandomGenerator random) {
        this.nodes = Draw.nodes(candidates);
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        return nodes[Draw.upper(random.nextLong(), nodes.length)];
    }
}
