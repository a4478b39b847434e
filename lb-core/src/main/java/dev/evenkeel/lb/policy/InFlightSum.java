package dev.evenkeel.lb.policy;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How many attempts are in flight at some nodes together. Safe for use by many threads.
 *
 * <p>A few nodes are summed up each time. With more of them the sum is a reading that is up to 1 ms old, or 1 µs for each node where
 * that is more: one of the threads that need it renews it, and the others go on with the old one. So picks share a word that is read, and written a
 * thousand times a second at most.
 */
final class InFlightSum {
    /** Reading so many takes about as long as the rest of a pick. Guessed. */
    private static final int FEW = 16;

    private static final long LEAST_AGE_NANOS = 1_000_000;

    /** Reading a node takes a few nanoseconds, so renewing the sum takes less than 1 % of one thread. */
    private static final long AGE_NANOS_PER_NODE = 1_000;

    private final Node[] nodes;
    private final long maxAgeNanos;
    private final AtomicReference<@Nullable Reading> latest = new AtomicReference<>();

    private record Reading(long sum, long atNanos) {}

    InFlightSum(Node[] nodes) {
        this.nodes = nodes;
        this.maxAgeNanos = Math.max(LEAST_AGE_NANOS, AGE_NANOS_PER_NODE * nodes.length);
    }

    long at(long nowNanos) {
        if (nodes.length <= FEW) {
            return sum();
        }
        Reading known = latest.get();
        if (known == null) {
            long sum = sum();
            latest.compareAndSet(null, new Reading(sum, nowNanos));
            return sum;
        }
        if (nowNanos - known.atNanos < maxAgeNanos) {
            return known.sum;
        }
        // Whoever puts a new date on the old sum renews it.
        if (!latest.compareAndSet(known, new Reading(known.sum, nowNanos))) {
            return known.sum;
        }
        long sum = sum();
        latest.set(new Reading(sum, nowNanos));
        return sum;
    }

    private long sum() {
        long sum = 0;
        for (Node node : nodes) {
            sum += node.inFlight();
        }
        return sum;
    }
}
