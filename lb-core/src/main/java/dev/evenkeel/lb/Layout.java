package dev.evenkeel.lb;

import java.util.List;
import java.util.stream.Stream;
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

    /** Returns the parts of all levels. */
    Stream<Part> parts() {
        return levels.stream().flatMap(Level::parts);
    }

    /**
     * A priority, or a region within one.
     *
     * @param name which, in words; empty where there is only one
     * @param whole all of its nodes
     * @param own those in this client's zone; null where zones do not matter, because there are too few nodes or all are in one place
     * @param others the rest; null where zones do not matter
     */
    record Level(
            String name,
            Part whole,
            @Nullable Part own,
            @Nullable Part others) {
        private Stream<Part> parts() {
            return own == null || others == null ? Stream.of(whole) : Stream.of(whole, own, others);
        }
    }

    /**
     * Nodes among which the policy chooses.
     *
     * @param name which, in words, different for different parts; empty for all
     */
    record Part(String name, List<TrackedNode> nodes) {}
}
