package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.random.RandomGenerator;

/** Any node with a probability in proportion to its weight. */
final class WeightedRandomPicker implements Picker {
    private final Node[] nodes;
    private final AliasTable table;
    private final RandomGenerator random;

    WeightedRandomPicker(List<? extends Node> candidates, RandomGenerator random) {
        this.nodes = Draw.nodes(candidates);
        this.table = new AliasTable(Draw.weights(nodes));
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        return nodes[table.draw(random.nextLong())];
    }
}
