package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.call.RequestKey;
import org.jspecify.annotations.Nullable;

/**
 * The first node in the order of the key that can be picked, that the call has not tried and that is not full.
 *
 * <p>Where the walk meets none in many steps, because nearly everybody is out, a rendezvous of those who are left decides: it moves no more
 * keys than the walk when somebody comes or goes, and takes no longer the fewer they are.
 */
final class WalkingPicker implements Picker {
    /** A step takes a nanosecond or two. While an eighth of the list can be picked, one walk in 5,000 is longer. */
    private static final int MOST_STEPS = 64;

    private final KeyOrder order;
    private final @Nullable Node[] nodes; // by position in the list; null for those that cannot be picked
    private final RendezvousPicker rest;
    private final @Nullable LoadBound bound;

    WalkingPicker(KeyOrder order, @Nullable Node[] nodes, RendezvousPicker rest, @Nullable LoadBound bound) {
        this.order = order;
        this.nodes = nodes;
        this.rest = rest;
        this.bound = bound;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        RequestKey key = context.request().destination().key();
        if (key == null) {
            return rest.pick(context, nowNanos);
        }
        long hash = key.hash();
        double slots = bound == null ? Elsewhere.UNBOUNDED : bound.slots(nowNanos);
        int place = order.first(hash);
        Node node = nodes[order.endpointAt(place)];
        if (node != null && !context.hasTried(node) && LoadBound.admits(node, slots)) {
            return node;
        }
        return walk(context, hash, place, slots);
    }

    private Node walk(PickContext context, long key, int from, double slots) {
        Node leastFull = null;
        int met = 0;
        long bits = 0; // of the positions modulo 64 that were met
        int place = from;
        for (int i = 0; i < MOST_STEPS && met < LoadBound.MOST_FULL; i++) {
            int position = order.endpointAt(place);
            Node node = nodes[position];
            if (node != null && !context.hasTried(node)) {
                if (LoadBound.admits(node, slots)) {
                    return node;
                }
                if ((bits & 1L << position) == 0 || !comesBy(position, key, from, i)) {
                    met++;
                    bits |= 1L << position;
                }
                if (leastFull == null || LoadBound.fullness(node) < LoadBound.fullness(leastFull)) {
                    leastFull = node;
                }
            }
            place = order.next(place, key);
        }
        return leastFull == null || met < LoadBound.MOST_FULL ? rest.pick(context, key, slots) : leastFull;
    }

    /** Returns whether the first steps of a walk lead to a position. To walk again is slow but rare, and needs no memory. */
    private boolean comesBy(int position, long key, int from, int steps) {
        int place = from;
        for (int i = 0; i < steps; i++) {
            if (order.endpointAt(place) == position) {
                return true;
            }
            place = order.next(place, key);
        }
        return false;
    }
}
