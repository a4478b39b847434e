package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that are out for one reason, and that are due to be tried again by the next request. Safe for use by many threads; with
 * nobody due, which is nearly always, asking costs one read.
 */
final class Trials {
    private final OutReason reason;
    private final Queue<TrackedNode> due = new ConcurrentLinkedQueue<>();

    Trials(OutReason reason) {
        this.reason = reason;
    }

    void offer(TrackedNode node) {
        if (!due.contains(node)) {
            due.add(node);
        }
    }

    /** Returns whether there is nobody to try; to be asked first, so that every other request does no more. */
    boolean nobodyIsDue() {
        return due.isEmpty();
    }

    /**
     * Returns an endpoint for one request to try, or null. Whoever gets it is the only one who does. One that nobody may use now, because
     * it drains, its health checks fail or this view cannot reach it, stays due.
     *
     * @param reachable whom this request can try
     */
    @Nullable
    TrackedNode take(Predicate<TrackedNode> reachable) {
        due.removeIf(node -> node.isRemoved() || !node.isOut(reason));
        Optional<TrackedNode> usable = due.stream()
                .filter(node -> !node.isLeaving() && !node.isOut(OutReason.PROBE_FAILED) && reachable.test(node))
                .findFirst();
        return usable.filter(due::remove).orElse(null);
    }
}
