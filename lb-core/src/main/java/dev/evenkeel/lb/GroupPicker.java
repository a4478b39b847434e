package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.policy.Picker;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Draws a group of candidates by its share of the traffic, and leaves the rest to the group's own picker. Where the policy looks at keys,
 * the group follows from the key, too, so that equal keys stay together.
 */
final class GroupPicker implements Picker {
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    /**
     * From so many times the latency on, another zone is better than the own one. Guessed: the way between zones takes a fraction of most
     * answers, and a black hole is beyond any factor within moments.
     */
    private static final double FAR_SLOWER = 4;

    private final double[] ends; // of each group's part of the traffic; the last is out of reach
    private final Group[] groups;
    private final boolean byKey;
    private final RandomGenerator random;

    /**
     * A group.
     *
     * @param share its share of the traffic
     * @param picker its own picker
     * @param near whether it is the client's own zone, and the next group is the rest of its level
     */
    record Group(double share, Picker picker, boolean near) {}

    GroupPicker(List<Group> groups, boolean byKey, RandomGenerator random) {
        this.groups = groups.toArray(Group[]::new);
        this.ends = new double[groups.size()];
        double end = 0;
        for (int i = 0; i < ends.length; i++) {
            end += this.groups[i].share;
            ends[i] = end;
        }
        ends[ends.length - 1] = Double.POSITIVE_INFINITY; // so that rounding leaves no gap
        this.byKey = byKey;
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        double at = share(bits(context));
        int group = 0;
        while (at >= ends[group]) {
            group++;
        }
        Node node = groups[group].picker.pick(context, nowNanos);
        return groups[group].near && !byKey ? unlessFarSlower(node, groups[group + 1], context, nowNanos) : node;
    }

    /** A zone may have too few servers for the policy to avoid one that is slow; then others do. */
    private static Node unlessFarSlower(Node node, Group others, PickContext context, long nowNanos) {
        Node other = others.picker.pick(context, nowNanos);
        double elsewhere = other.latencyNanos(nowNanos);
        boolean farSlower = elsewhere > 0 && node.latencyNanos(nowNanos) > FAR_SLOWER * elsewhere;
        return farSlower ? other : node;
    }

    private long bits(PickContext context) {
        RequestKey key = byKey ? context.request().destination().key() : null;
        return key == null ? random.nextLong() : mix(key);
    }

    /** Returns bits that have nothing to do with where the key goes within its group. */
    static long mix(RequestKey key) {
        long mixed = key.hash() * GOLDEN;
        return (mixed ^ mixed >>> 32) * GOLDEN;
    }

    /** Maps 64 bits onto 0 … 1, without 1. */
    static double share(long bits) {
        return (bits >>> 11) * 0x1p-53;
    }
}
