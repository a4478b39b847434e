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
 *
 * <p>Where the first is full or was tried, each further one takes another look at everybody: remembering an order would take memory.
 */
final class RendezvousPicker implements Picker {
    private static final int NOBODY = -1;

    /** Less than any draw, but for that of one node for one key in 2⁴⁰ or fewer, which then goes past it. */
    private static final long NO_DRAW = Long.MIN_VALUE;

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
        Node node = rivals.nodes[best];
        boolean tried = context.hasTried(node);
        if (!tried && LoadBound.admits(node, slots)) {
            return node;
        }
        Node leastFull = tried ? null : node;
        int met = tried ? 0 : 1;
        for (int next = next(mixed, best, context); next != NOBODY; next = next(mixed, next, context)) {
            Node other = rivals.nodes[next];
            if (LoadBound.admits(other, slots)) {
                return other;
            }
            if (leastFull == null || LoadBound.fullness(other) < LoadBound.fullness(leastFull)) {
                leastFull = other;
            }
            if (++met == LoadBound.MOST_FULL) {
                break;
            }
        }
        return leastFull == null ? node : leastFull;
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
        long even = NO_DRAW;
        long odd = draw(hashes[to - 1], key, to - 1);
        for (int i = from; i < to - 1; i += 2) {
            even = Math.max(even, draw(hashes[i], key, i));
            odd = Math.max(odd, draw(hashes[i + 1], key, i + 1));
        }
        return Math.max(even, odd);
    }

    /** Returns the best that comes after another one and that the call has not tried. */
    private int next(long key, int last, PickContext context) {
        int next = last;
        do {
            next = next(key, next);
        } while (next != NOBODY && context.hasTried(rivals.nodes[next]));
        return next;
    }

    /**
     * Returns the best that comes after another one. Among equal times the group decides, as in {@link #best}, and within a group the draw,
     * which is nobody else's: so none is passed by and none is met twice.
     */
    private int next(long key, int last) {
        int groupOfLast = groupOf(last);
        long drawOfLast = draw(rivals.hashes[last], key, last);
        double timeOfLast = waitingTime(drawOfLast, groupOfLast);
        int next = NOBODY;
        double least = Double.POSITIVE_INFINITY;
        for (int group = 0, from = 0; group < rivals.groups; from = rivals.ends[group++]) {
            int to = rivals.ends[group];
            long highest = group == groupOfLast ? highestBelow(drawOfLast, key, from, to) : highest(key, from, to);
            double time = waitingTime(highest, group);
            while (highest != NO_DRAW && group != groupOfLast && !isLater(time, group, timeOfLast, groupOfLast)) {
                highest = highestBelow(highest, key, from, to);
                time = waitingTime(highest, group);
            }
            if (highest != NO_DRAW && (next == NOBODY || time < least)) {
                next = placeOf(highest);
                least = time;
            }
        }
        return next;
    }

    /** Returns the highest draw that is less than another, if there is one, without a branch as well. */
    private long highestBelow(long limit, long key, int from, int to) {
        long[] hashes = rivals.hashes;
        long even = NO_DRAW;
        long odd = below(limit, draw(hashes[to - 1], key, to - 1));
        for (int i = from; i < to - 1; i += 2) {
            even = Math.max(even, below(limit, draw(hashes[i], key, i)));
            odd = Math.max(odd, below(limit, draw(hashes[i + 1], key, i + 1)));
        }
        return Math.max(even, odd);
    }

    private static long below(long limit, long draw) {
        return draw < limit ? draw : NO_DRAW;
    }

    private static boolean isLater(double time, int group, double timeOfLast, int groupOfLast) {
        return time > timeOfLast || (time == timeOfLast && group > groupOfLast);
    }

    private int groupOf(int place) {
        int group = 0;
        while (rivals.ends[group] <= place) {
            group++;
        }
        return group;
    }

    private long draw(long hash, long key, int place) {
        return (Mix.quickly(hash ^ key) & ~rivals.placeMask) | place;
    }

    private int placeOf(long draw) {
        return (int) (draw & rivals.placeMask);
    }

    /** Strictly, or two machines could disagree about a key. Where all weigh the same draws decide, and any time will do. */
    private double waitingTime(long draw, int group) {
        if (rivals.groups == 1) {
            return 0;
        }
        long fromZero = draw ^ Long.MIN_VALUE;
        return -StrictMath.log(((fromZero >>> 11) + 0.5) * 0x1p-53) / rivals.weights[group];
    }
}
