package dev.evenkeel.lb;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is to be checked: one endpoint after another, newcomers last. Endpoints that left are dropped when their turn comes. Used
 * under the cluster's lock.
 */
final class CheckRotation {
    private final Set<TrackedNode> order = new LinkedHashSet<>();

    /** Adds an endpoint, if it is not there. */
    void add(TrackedNode node) {
        order.add(node);
    }

    /** Returns whose turn it is, and puts it last; null if there is nobody. */
    @Nullable
    TrackedNode next() {
        Iterator<TrackedNode> first = order.iterator();
        while (first.hasNext()) {
            TrackedNode node = first.next();
            first.remove();
            if (!node.isRemoved()) {
                order.add(node);
                return node;
            }
        }
        return null;
    }

    /** Passes over so many. */
    void skip(int count) {
        for (int i = 0; i < count; i++) {
            next();
        }
    }
}
