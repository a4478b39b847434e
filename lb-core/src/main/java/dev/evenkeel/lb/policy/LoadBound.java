package dev.evenkeel.lb.policy;

import java.util.List;

/**
 * How much an endpoint may have in flight: its fair share by weight of all that is in flight, times a factor, and always one.
 *
 * <p>Source: Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016.
 */
final class LoadBound {
    /** How many full nodes a key meets in its order before the least full of them is taken. */
    static final int MOST_FULL = 10;

    private final double perWeight;
    private final InFlightSum inFlight;

    LoadBound(double factor, List<Node> candidates) {
        double total = candidates.stream().mapToDouble(Node::weight).sum();
        this.perWeight = factor / total;
        this.inFlight = new InFlightSum(candidates.toArray(Node[]::new));
    }

    /** Returns how many attempts a node may have for each unit of its weight, once there is one attempt more. */
    double slots(long nowNanos) {
        return perWeight * (inFlight.at(nowNanos) + 1);
    }

    /** Returns whether the node may have one attempt more. */
    static boolean admits(Node node, double slots) {
        return slots == Elsewhere.UNBOUNDED || node.inFlight() < slots * node.weight();
    }

    /** Returns how much a node has of what it may have, for comparisons. */
    static double fullness(Node node) {
        return node.inFlight() / node.weight();
    }
}
