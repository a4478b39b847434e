package dev.evenkeel.lb.policy;

import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;

/** Where keys go among the endpoints of a list. Immutable, and shared by many pickers. */
@FunctionalInterface
public interface KeyMap {
    /**
     * Returns a picker. It is asked for whenever somebody goes out or comes back, so it should not compute the map anew.
     *
     * @param nodes the nodes of the map's endpoints, in the same order
     * @param candidates the positions of those that may be picked, at least one; a key whose endpoint is not among them goes elsewhere
     * @param random randomness for requests without a key; safe for use by many threads
     */
    Picker newPicker(List<? extends Node> nodes, BitSet candidates, RandomGenerator random);
}
