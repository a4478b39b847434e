package dev.evenkeel.lb.policy;

import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where keys go by an order of the endpoints.
 *
 * @param order the order of each key
 * @param rest where they go when the order leads to nobody
 */
record WalkedMap(KeyOrder order, RendezvousMap rest) implements KeyMap {
    @Override
    public Picker newPicker(List<? extends Node> nodes, BitSet candidates, RandomGenerator random) {
        @Nullable Node[] byPosition = new Node[nodes.size()];
        BitSet forKeys = Elsewhere.withoutPushedBack(nodes, candidates);
        for (int i = forKeys.nextSetBit(0); i >= 0; i = forKeys.nextSetBit(i + 1)) {
            byPosition[i] = nodes.get(i);
        }
        RendezvousPicker ofRest = rest.newPicker(nodes, candidates, random);
        return new WalkingPicker(order, byPosition, ofRest, ofRest.bound());
    }
}
