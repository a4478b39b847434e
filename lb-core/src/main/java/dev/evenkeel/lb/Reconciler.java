package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Compares the nodes that exist with the list that should be: who stays, who joins, who leaves.
 *
 * @param nodes the nodes to have from now on, by id, in the order of the list
 * @param added those among them that are new or remembered, with the description to have
 * @param changed those among them that were there before with another description, with the new one
 * @param removed those that are no longer in the list
 * @param duplicates ids that the list names more than once; the last one counts
 */
record Reconciler(
        Map<String, TrackedNode> nodes,
        Map<TrackedNode, Endpoint> added,
        Map<TrackedNode, Endpoint> changed,
        List<TrackedNode> removed,
        List<String> duplicates) {
    /**
     * Compares, and changes nothing.
     *
     * @param makeNode the node for an endpoint that was not there: a new one, or one that is remembered
     */
    static Reconciler reconcile(
            Map<String, TrackedNode> current, List<Endpoint> list, Function<Endpoint, TrackedNode> makeNode) {
        Reconciler outcome = compare(current, list, makeNode);
        return outcome.nodes.size() == list.size() ? outcome : withoutDuplicates(current, list, makeNode);
    }

    private static Reconciler compare(
            Map<String, TrackedNode> current, List<Endpoint> list, Function<Endpoint, TrackedNode> makeNode) {
        Map<String, TrackedNode> nodes = new LinkedHashMap<>(capacity(list.size()));
        Map<TrackedNode, Endpoint> added = new LinkedHashMap<>();
        Map<TrackedNode, Endpoint> changed = new LinkedHashMap<>();
        for (Endpoint endpoint : list) {
            TrackedNode node = current.get(endpoint.id());
            if (node == null || isElsewhere(node, endpoint)) {
                node = makeNode.apply(endpoint);
                added.put(node, endpoint);
            } else if (!node.endpoint().equals(endpoint)) {
                changed.put(node, endpoint);
            }
            nodes.put(endpoint.id(), node);
        }
        boolean allStay = nodes.size() - added.size() == current.size();
        List<TrackedNode> removed = allStay
                ? List.of()
                : current.values().stream()
                        .filter(node -> nodes.get(node.endpoint().id()) != node)
                        .toList();
        return new Reconciler(nodes, added, changed, removed, List.of());
    }

    /** Apart from the comparison itself, because hardly any list needs it, and it would double the work for all. */
    private static Reconciler withoutDuplicates(
            Map<String, TrackedNode> current, List<Endpoint> list, Function<Endpoint, TrackedNode> makeNode) {
        Map<String, Endpoint> last = new LinkedHashMap<>(capacity(list.size()));
        List<String> duplicates = new ArrayList<>();
        for (Endpoint endpoint : list) {
            if (last.put(endpoint.id(), endpoint) != null) {
                duplicates.add(endpoint.id());
            }
        }
        Reconciler outcome = compare(current, List.copyOf(last.values()), makeNode);
        return new Reconciler(outcome.nodes, outcome.added, outcome.changed, outcome.removed, duplicates);
    }

    /** The same id at another address or under another name is another server: what was learnt about the old one does not hold for it. */
    static boolean isElsewhere(TrackedNode node, Endpoint endpoint) {
        return !node.endpoint().isSameServerAs(endpoint);
    }

    boolean isChange() {
        return !(added.isEmpty() && changed.isEmpty() && removed.isEmpty());
    }

    private static int capacity(int size) {
        return size * 4 / 3 + 1;
    }
}
