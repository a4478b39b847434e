package dev.evenkeel.lb;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How large a service's list was lately, so that a list which shrinks step by step is compared with what it was before the first step. Used
 * under the cluster's lock.
 */
final class RecentSizes {
    private final long windowNanos;
    private final Deque<Size> sizes = new ArrayDeque<>(); // each larger than the next; the last one is the current

    /** A size, and until when it was the largest but for those before it. */
    private record Size(int size, long seenNanos) {}

    RecentSizes(long windowNanos) {
        this.windowNanos = windowNanos;
    }

    /** Notes that a list is in use from now on. */
    void add(int size, long nowNanos) {
        touch(nowNanos);
        while (!sizes.isEmpty() && sizes.getLast().size <= size) {
            sizes.removeLast();
        }
        sizes.addLast(new Size(size, nowNanos));
    }

    /** Forgets what was before this list: it is known that it is the right one. */
    void startOver(int size, long nowNanos) {
        sizes.clear();
        sizes.addLast(new Size(size, nowNanos));
    }

    /** Returns the size of the largest list that was in use within the window; 0 before the first. */
    int largest(long nowNanos) {
        touch(nowNanos);
        while (sizes.size() > 1 && nowNanos - sizes.getFirst().seenNanos > windowNanos) {
            sizes.removeFirst();
        }
        return sizes.isEmpty() ? 0 : sizes.getFirst().size;
    }

    /** Returns the size of the list in use; 0 before the first. */
    int current() {
        return sizes.isEmpty() ? 0 : sizes.getLast().size;
    }

    private void touch(long nowNanos) {
        if (!sizes.isEmpty()) {
            sizes.addLast(new Size(sizes.removeLast().size, nowNanos)); // it is in use until now
        }
    }
}
