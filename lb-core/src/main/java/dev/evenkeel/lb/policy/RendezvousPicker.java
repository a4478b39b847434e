package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.call.RequestKey;
import org.jspecify.annotations.Nullable;

/**
 * The node that draws the highest number, where the draws are decided by the key and the endpoint, and weight stretches them.
 *
 * <p>With {@code u} even between 0 and 1, {@code -ln(u) / weight} is an exponential waiting time, and the chance to be the first is in
 * proportion to the weight, exactly. It falls as {@code u} rises, so the highest {@code u} wins among equals.
 *
 * <p>Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998; with weights, Schindelhauer and
 * Schomaker, "Weighted Distributed Hash Tables", 2005.
 */
final class RendezvousPicker implements Picker {
    private static final int NOBODY = -1;

    private final Rivals rivals;
    private final Picker fallback;
    private final @Nullable LoadBound bound;

    RendezvousPicker(Rivals rivals, Picker fallback, @Nullable LoadBound bound) {
        this.rivals = rivals;
        this.fallback = fallback;
        this.bound = bound;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        RequestKey key = context.request().destination().key();
        if (key == null) {
            return fallback.pick(context, nowNanos);
        }
        double slots = bound == null ? Elsewhere.UNBOUNDED : bound.slots(nowNanos);
        return pick(context, key.hash(), slots);
    }

    /** Returns what nodes may have in flight; null for no bound. */
    @Nullable
    LoadBound bound() {
        return bound;
    }

    /** Picks for a key, where a node may have so many attempts for each unit of its weight. */
    Node pick(PickContext context, long key, double slots) {
        long mixed = Mix.well(key);
        int best = best(mixed, context, slots);
        if (best == NOBODY && slots != Elsewhere.UNBOUNDED) {
            best = leastFull(context);
        }
        return rivals.nodes[best == NOBODY ? best(mixed, null, Elsewhere.UNBOUNDED) : best];
    }

    /** Returns the best of those that the call has not tried, and that are not full; without a call the best of all. */
    private int best(long key, @Nullable PickContext context, double slots) {
        int best = winner(key, 0, rivals.ends[0], context, slots);
        if (rivals.groups == 1) {
            return best;
        }
        double least = best == NOBODY ? Double.POSITIVE_INFINITY : waitingTime(key, best, 0);
        for (int group = 1; group < rivals.groups; group++) {
            int winner = winner(key, rivals.ends[group - 1], rivals.ends[group], context, slots);
            double time = winner == NOBODY ? Double.POSITIVE_INFINITY : waitingTime(key, winner, group);
            if (time < least) {
                best = winner;
                least = time;
            }
        }
        return best;
    }

    private int winner(long key, int from, int to, @Nullable PickContext context, double slots) {
        long[] hashes = rivals.hashes;
        int winner = NOBODY;
        long highest = Long.MIN_VALUE;
        for (int i = from; i < to; i++) {
            long draw = draw(hashes[i], key);
            if (draw >= highest && mayHave(i, context, slots)) {
                winner = i;
                highest = draw;
            }
        }
        return winner;
    }

    private static long draw(long hash, long key) {
        return Mix.quickly(hash ^ key);
    }

    private boolean mayHave(int rival, @Nullable PickContext context, double slots) {
        Node node = rivals.nodes[rival];
        return (context == null || !context.hasTried(node)) && LoadBound.admits(node, slots);
    }

    private double waitingTime(long key, int rival, int group) {
        long draw = draw(rivals.hashes[rival], key) ^ Long.MIN_VALUE; // the lowest becomes 0
        return -Math.log(((draw >>> 11) + 0.5) * 0x1p-53) / rivals.weights[group];
    }

    private int leastFull(PickContext context) {
        int least = NOBODY;
        for (int i = 0; i < rivals.nodes.length; i++) {
            Node node = rivals.nodes[i];
            boolean less = least == NOBODY || LoadBound.fullness(node) < LoadBound.fullness(rivals.nodes[least]);
            if (less && !context.hasTried(node)) {
                least = i;
            }
        }
        return least;
    }
}
