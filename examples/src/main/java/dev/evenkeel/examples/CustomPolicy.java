package dev.evenkeel.examples;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.util.List;
import java.util.random.RandomGenerator;

/** A policy of one's own: the idlest of the endpoints marked {@code tier=spot}, and anybody while they are busy. */
public record CustomPolicy(int busy) implements LoadBalancingPolicy {
    @Override
    public Picker newPicker(List<? extends Node> candidates, RandomGenerator random) {
        Node[] everybody = candidates.toArray(Node[]::new);
        Node[] spot = candidates.stream()
                .filter(node -> "spot".equals(node.endpoint().metadata().get("tier")))
                .toArray(Node[]::new);
        return (context, nowNanos) -> {
            int start = random.nextInt(1 << 30); // or the first would get all while all are idle
            Node idlest = everybody[start % everybody.length];
            int least = busy;
            for (int i = 0; i < spot.length; i++) {
                Node node = spot[(start + i) % spot.length];
                if (node.inFlight() < least && !context.hasTried(node)) {
                    idlest = node;
                    least = node.inFlight();
                }
            }
            return idlest;
        };
    }
}
