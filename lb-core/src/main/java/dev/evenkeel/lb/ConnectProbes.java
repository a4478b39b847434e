package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that are out because connections to them failed, and that are due to be tried again by the next request. Safe for use by
 * many threads; with nobody due, which is nearly always, asking costs one read.
 */
final class ConnectProbes {
    private final Queue<TrackedNode> due = new ConcurrentLinkedQueue<>();

    void offer(TrackedNode node) {
        if (!due.contains(node)) {
            due.add(node);
        }
    }

    /** Returns an endpoint for one request to try, or null. Whoever gets it is the only one who does. */
    @Nullable
    TrackedNode take(Predicate<TrackedNode> reachable) {
        if (due.isEmpty()) {
            return null;
        }
        for (TrackedNode node = due.poll(); node != null; node = due.poll()) {
            boolean pointless = node.isLeaving() || !node.isOut(OutReason.CONNECT_FAILED) || !reachable.test(node);
            if (!pointless) {
                return node;
            }
        }
        return null;
    }
}
