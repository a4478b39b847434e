package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.policy.Picker;
import java.util.random.RandomGenerator;

/**
 * Draws a group of candidates by its share of the traffic, and leaves the rest to the group's own picker. Where the policy looks at keys,
 * the group follows from the key, too, so that equal keys stay together.
 */
final class GroupPicker implements Picker {
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    private final double[] ends; // of each group's part of the traffic; the last is out of reach
    private final Picker[] pickers;
    private final boolean byKey;
    private final RandomGenerator random;

    GroupPicker(double[] shares, Picker[] pickers, boolean byKey, RandomGenerator random) {
        this.ends = new double[shares.length];
        double end = 0;
        for (int i = 0; i < shares.length; i++) {
            end += shares[i];
            ends[i] = end;
        }
        ends[shares.length - 1] = Double.POSITIVE_INFINITY; // so that rounding leaves no gap
        this.pickers = pickers;
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
        return pickers[group].pick(context, nowNanos);
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
