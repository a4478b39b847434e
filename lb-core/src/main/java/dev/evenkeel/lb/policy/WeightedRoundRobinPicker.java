package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Every node in proportion to its weight, evenly spread over time.
 *
 * <p>The nodes divide a circle in proportion to their weights, and each pick moves a point around it by the golden ratio. Such a point
 * visits every arc in proportion to its length, and the gaps between its visits to one arc take at most three different values
 * (the three-gap theorem), so that a node never gets a burst. In contrast to a stride or deadline scheduler this takes one atomic
 * addition and no lock, has no table that weights could overflow, and never loops over nodes of low weight.
 *
 * <p>Source: Swierczkowski, "On successive settings of an arc on the circumference of a circle", 1958; Knuth, The Art of Computer
 * Programming, vol. 3, 6.4 on Fibonacci hashing.
 */
final class WeightedRoundRobinPicker implements Picker {
    /** 2⁶⁴ divided by the golden ratio: one step around the circle, of which 2⁶⁴ is the whole. */
    private static final long GOLDEN_STEP = 0x9E37_79B9_7F4A_7C15L;

    private final Node[] nodes;
    private final WeightedCircle circle;
    private final AtomicLong position;

    WeightedRoundRobinPicker(List<? extends Node> candidates, RandomGenerator random) {
        this.nodes = Draw.nodes(candidates);
        this.circle = new WeightedCircle(Draw.weights(nodes));
        this.position = new AtomicLong(random.nextLong());
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        return nodes[circle.arcAt(position.getAndAdd(GOLDEN_STEP))];
    }
}
