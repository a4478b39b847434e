package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that are out for one reason, and that are due to be tried again by the next request. Safe for use by many threads; with
 * none due, which is nearly always, asking costs one read.
 *
 * <p>What no request may try now, because this client does not use it, it drains or its health checks fail, is kept apart until that
 * changes. A request looks at a few endpoints at most, and the next one goes on from there. So neither depends on how many endpoints are
 * out.
 */
final class Trials {
    /** A request looks at no more: what this view cannot reach, or this call may not use, is left to others. Guessed. */
    private static final int LOOKS = 4;

    private final OutReason reason;
    private final ReentrantLock lock = new ReentrantLock(); // guards what follows, held for a few steps only
    private final Map<TrackedNode, Integer> places = new HashMap<>(); // of those that are ready
    private final Set<TrackedNode> later = new HashSet<>(); // due, but no request may try them now
    private @Nullable TrackedNode[] ready = new @Nullable TrackedNode[8];
    private int next; // where the next request looks first
    private volatile int size; // of those that are ready; read without the lock

    Trials(OutReason reason) {
        this.reason = reason;
    }

    /** Makes an endpoint due, if it is out. Doing it twice changes nothing. */
    void offer(TrackedNode node) {
        lock.lock();
        try {
            sort(node);
        } finally {
            lock.unlock();
        }
    }

    /** Notes that it has changed whether an endpoint is out, used or in the list. Called under the cluster's lock. */
    void changed(TrackedNode node) {
        lock.lock();
        try {
            if (places.containsKey(node) || later.contains(node)) {
                sort(node);
            }
        } finally {
            lock.unlock();
        }
    }

    private void sort(TrackedNode node) {
        boolean wanted = node.isOut(reason) && !node.isRemoved();
        boolean now = wanted && node.isUsed() && !node.isLeaving() && !node.isOut(OutReason.PROBE_FAILED);
        if (now) {
            later.remove(node);
            add(node);
            return;
        }
        Integer place = places.get(node);
        if (place != null) {
            remove(place);
        }
        if (wanted) {
            later.add(node);
        } else {
            later.remove(node);
        }
    }

    /** Returns whether there is none to try; to be asked first, so that every other request does no more. */
    boolean noneIsDue() {
        return size == 0;
    }

    /**
     * Returns an endpoint for one request to try, or null. It is handed out once, and is due again only when it is offered again. One that
     * this request cannot try stays due.
     *
     * @param reachable which endpoints this request can try
     */
    @Nullable
    TrackedNode take(Predicate<TrackedNode> reachable) {
        if (!lock.tryLock()) {
            return null; // another request is here
        }
        try {
            for (int looks = Math.min(LOOKS, size); looks > 0; looks--) {
                next = next < size ? next : 0;
                TrackedNode node = ready[next];
                if (node != null && reachable.test(node)) {
                    remove(next);
                    return node;
                }
                next++;
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void add(TrackedNode node) {
        int end = size;
        if (places.putIfAbsent(node, end) != null) {
            return;
        }
        if (end == ready.length) {
            ready = Arrays.copyOf(ready, 2 * end);
        }
        ready[end] = node;
        size = end + 1;
    }

    /** The last one takes its place. */
    private void remove(int place) {
        int end = size - 1;
        TrackedNode gone = ready[place];
        TrackedNode last = ready[end];
        ready[place] = last;
        ready[end] = null;
        if (last != null) {
            places.put(last, place);
        }
        places.remove(gone);
        size = end;
    }
}
