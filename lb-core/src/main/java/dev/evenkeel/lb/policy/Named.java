package dev.evenkeel.lb.policy;

import java.util.List;
import java.util.random.RandomGenerator;

/** A policy without settings: the constructor of its picker, with a name to print. */
record Named(String name, LoadBalancingPolicy constructor) implements LoadBalancingPolicy {
    @Override
    public Picker newPicker(List<? extends Node> candidates, RandomGenerator random) {
        return constructor.newPicker(candidates, random);
    }

    @Override
    public String toString() {
        return name;
    }
}
