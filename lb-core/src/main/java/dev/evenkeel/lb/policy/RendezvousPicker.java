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
        int best = best(mixed);
        if (mayHave(best, context, slots)) {
            return rivals.nodes[best];
        }
        int other = bestOfThoseWhoMay(mixed, context, slots);
        if (other == NOBODY && slots != Elsewhere.UNBOUNDED) {
            other = leastFull(context);
        }
        return rivals.nodes[other == NOBODY ? best : other];
    }

    /** Returns the best of all. */
    private int best(long key) {
        if (rivals.groups == 1) {
            return placeOf(highest(key, 0, rivals.ends[0]));
        }
        int best = NOBODY;
        double least = Double.POSITIVE_INFINITY;
        for (int group = 0, from = 0; group < rivals.groups; from = rivals.ends[group++]) {
            long highest = highest(key, from, rivals.ends[group]);
            double time = waitingTime(highest, group);
            if (time < least || best == NOBODY) {
                best = placeOf(highest);
                least = time;
            }
        }
        return best;
    }

    /**
     * Returns the highest draw, whose lower bits say whose it is: so there is no branch that cannot be foreseen. Two draws are made at a time
     * because each would wait for the one before.
     */
    private long highest(long key, int from, int to) {
        long[] hashes = rivals.hashes;
        long even = Long.MIN_VALUE;
        long odd = draw(hashes[to - 1], key, to - 1);
        for (int i = from; i < to - 1; i += 2) {
            even = Math.max(even, draw(hashes[i], key, i));
            odd = Math.max(odd, draw(hashes[i + 1], key, i + 1));
        }
        return Math.max(even, odd);
    }

    /** Returns the best of those whom the call has not tried and that are not full. */
    private int bestOfThoseWhoMay(long key, PickContext context, double slots) {
        int best = NOBODY;
        double least = Double.POSITIVE_INFINITY;
        for (int group = 0, i = 0; group < rivals.groups; group++) {
            long highest = Long.MIN_VALUE;
            int winner = NOBODY;
            for (; i < rivals.ends[group]; i++) {
                long draw = draw(rivals.hashes[i], key, i);
                if (draw >= highest && mayHave(i, context, slots)) {
                    highest = draw;
                    winner = i;
                }
            }
            if (winner != NOBODY && (best == NOBODY || waitingTime(highest, group) < least)) {
                best = winner;
                least = waitingTime(highest, group);
            }
        }
        return best;
    }

    private long draw(long hash, long key, int place) {
        return (Mix.quickly(hash ^ key) & ~rivals.placeMask) | place;
    }

    private int placeOf(long draw) {
        return (int) (draw & rivals.placeMask);
    }

    private boolean mayHave(int rival, PickContext context, double slots) {
        Node node = rivals.nodes[rival];
        return !context.hasTried(node) && LoadBound.admits(node, slots);
    }

    private double waitingTime(long draw, int group) {
        long fromZero = draw ^ Long.MIN_VALUE;
        return -StrictMath.log(((fromZero >>> 11) + 0.5) * 0x1p-53) / rivals.weights[group];
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
