package dev.evenkeel.lb;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints that a client uses, by where they are: levels, of which the next is used only as far as those before it cannot take the
 * traffic. It says nothing about who can be picked just now. Immutable, and the same for all views.
 *
 * @param levels from the first to the last
 */
record Layout(List<Level> levels) {
    static final Layout EMPTY = new Layout(List.of());

    /** Returns one level of nodes that are all alike. */
    static Layout of(List<TrackedNode> nodes) {
        return of("", nodes);
    }

    /** Returns one level of nodes that are all alike, of a subset. */
    static Layout of(String subset, List<TrackedNode> nodes) {
        return nodes.isEmpty() ? EMPTY : new Layout(List.of(new Level("", new Part(subset, nodes), null, null)));
    }

    /**
     * A priority, or a region within one.
     *
     * @param name which, in words; empty where there is only one
     * @param whole all of its nodes
     * @param own those in this client's zone; null where zones do not matter
     * @param others the rest; null where zones do not matter
     */
    record Level(
            String name,
            Part whole,
            @Nullable Part own,
            @Nullable Part others) {}

    /**
     * Nodes among which the policy chooses.
     *
     * @param name which, in words, different for different parts; empty for all
     */
    record Part(String name, List<TrackedNode> nodes) {}
}
