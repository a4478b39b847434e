package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** Every node in turn. The random start keeps a fleet that learns of a new list together from hitting the same node together. */
final class RoundRobinPicker implements Picker {
    private final Node[] nodes;
    private final AtomicInteger turn;

    RoundRobinPicker(List<? extends Node> candidates, RandomGenerator random) {
        this.nodes = Draw.nodes(candidates);
        this.turn = new AtomicInteger(random.nextInt());
    }

    /** The turn is read as unsigned, so the index is never negative; once in 2³² picks the order skips. */
    @Override
    public Node pick(PickContext context, long nowNanos) {
        return nodes[Integer.remainderUnsigned(turn.getAndIncrement(), nodes.length)];
    }
}
