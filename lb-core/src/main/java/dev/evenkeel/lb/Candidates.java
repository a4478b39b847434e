package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which nodes a picker may return: the available ones, or in panic everyone who could work.
 *
 * @param nodes what to pick from, in the order of the list; empty when nobody can be picked
 * @param available how many nodes have no reason to be out
 * @param counted how many nodes were counted: those that are connected and do not drain
 * @param panic whether fewer than the threshold were available
 */
record Candidates(List<TrackedNode> nodes, int available, int counted, boolean panic) {
    /**
     * Chooses. Nodes that drain or have no connection in this view are not counted and never chosen: the first was somebody's order, and
     * the second cannot work.
     *
     * @param ready which nodes this view's transport can reach
     * @param panicThreshold the share of available nodes below which there is panic, 0 to 1
     */
    static Candidates of(Collection<TrackedNode> nodes, Predicate<TrackedNode> ready, double panicThreshold) {
        List<TrackedNode> usable = nodes.stream()
                .filter(node -> !node.isOut(OutReason.DRAINING) && ready.test(node))
                .toList();
        List<TrackedNode> available = usable.stream()
                .filter(node -> node.availability().isAvailable())
                .toList();
        boolean panic = available.size() < panicThreshold * usable.size();
        // Nobody left is as bad as any panic, even where panic is turned off: trying a refused endpoint beats not
        // trying.
        List<TrackedNode> chosen = panic || available.isEmpty() ? connectable(usable) : available;
        return new Candidates(chosen, available.size(), usable.size(), panic);
    }

    /** In panic, those that refused a connection just now come last: they are used only when there is nobody else. */
    private static List<TrackedNode> connectable(List<TrackedNode> usable) {
        List<TrackedNode> others = usable.stream()
                .filter(node -> !node.isOut(OutReason.CONNECT_FAILED))
                .toList();
        return others.isEmpty() ? usable : others;
    }
}
