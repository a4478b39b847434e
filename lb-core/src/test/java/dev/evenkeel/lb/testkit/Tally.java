package dev.evenkeel.lb.testkit;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How often each endpoint was picked. */
public final class Tally {
    private final Map<String, Integer> picks = new HashMap<>();
    private int total;

    /** Returns the tally of so many picks, all of them first tries at time 0. */
    public static Tally of(Picker picker, int picks) {
        Tally tally = new Tally();
        for (int i = 0; i < picks; i++) {
            tally.add(picker.pick(FakeContext.FIRST_TRY, 0).endpoint());
        }
        return tally;
    }

    void add(Endpoint endpoint) {
        picks.merge(endpoint.id(), 1, Integer::sum);
        total++;
    }

    void add(Tally other) {
        other.picks.forEach((id, count) -> picks.merge(id, count, Integer::sum));
        total += other.total;
    }

    /** Returns how often an endpoint was picked. */
    public int picks(Endpoint endpoint) {
        return picks.getOrDefault(endpoint.id(), 0);
    }

    /** Returns how often a node was picked. */
    public int picks(Node node) {
        return picks(node.endpoint());
    }

    /** Returns the part of all picks that an endpoint got. */
    public double share(Endpoint endpoint) {
        return (double) picks(endpoint) / total;
    }

    /** Returns the part of all picks that a node got. */
    public double share(Node node) {
        return share(node.endpoint());
    }

    /** Returns how many endpoints were picked at all. */
    public int distinct() {
        return picks.size();
    }

    /** Returns all picks. */
    public int total() {
        return total;
    }

    /**
     * Returns by how many standard deviations the picks differ more from the weights than independent draws in proportion to the
     * weights would: Pearson's chi-square, standardised. Above 5 is no accident; a policy more even than dice is below 0.
     */
    public double surprise(List<? extends Node> nodes) {
        double weights =
                nodes.stream().mapToDouble(node -> node.endpoint().weight()).sum();
        double chiSquare = 0;
        for (Node node : nodes) {
            double expected = total * node.endpoint().weight() / weights;
            chiSquare += Math.pow(picks(node) - expected, 2) / expected;
        }
        int freedom = nodes.size() - 1;
        return freedom == 0 ? 0 : (chiSquare - freedom) / Math.sqrt(2.0 * freedom);
    }

    @Override
    public String toString() {
        return total + " picks: " + picks;
    }
}
