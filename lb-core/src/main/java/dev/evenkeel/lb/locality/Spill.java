package dev.evenkeel.lb.locality;

import java.util.Arrays;

/**
 * How traffic spreads over priorities. The first takes all of it as long as enough of its endpoints are available, and what it cannot take
 * spills to the next, in proportion: not all or nothing.
 *
 * <p>A priority can take overprovisioning × its share of available endpoints, at most everything. With 1.4 it takes all down to 72 % of
 * its endpoints, and 70 % with half of them. Where all priorities together cannot take everything, each takes its part of what they
 * can. Source: Envoy, "Priority levels".
 */
public final class Spill {
    private Spill() {}

    /**
     * Returns each priority's share of the traffic; together 1, or 0 if nothing is available anywhere.
     *
     * @param available how many endpoints of each priority are available
     * @param total how many each has
     * @param overprovisioning how much more than its share each of a priority's endpoints can take, at least 1
     */
    public static double[] shares(int[] available, int[] total, double overprovisioning) {
        double[] shares = new double[available.length];
        double capacity = capacity(available, total, overprovisioning);
        double left = Math.min(1, capacity);
        for (int i = 0; i < shares.length; i++) {
            shares[i] = Math.min(left, able(available[i], total[i], overprovisioning));
            left -= shares[i];
        }
        if (capacity > 0 && capacity < 1) {
            Arrays.setAll(shares, i -> shares[i] / capacity);
        }
        return shares;
    }

    /** Returns how much of the traffic all priorities together can take; 1 or more is enough. */
    public static double capacity(int[] available, int[] total, double overprovisioning) {
        double capacity = 0;
        for (int i = 0; i < available.length; i++) {
            capacity += able(available[i], total[i], overprovisioning);
        }
        return capacity;
    }

    private static double able(int available, int total, double overprovisioning) {
        return total == 0 ? 0 : Math.min(1, overprovisioning * available / total);
    }
}
