package dev.evenkeel.lb.policy;

/**
 * A circle divided into one arc for each weight, in proportion to it. Finds the arc at a point in constant expected time, whatever
 * the number of arcs: a guide table says where to start looking (Chen and Asau, 1974).
 */
final class WeightedCircle {
    private final double[] ends; // where each arc ends, as a share of the circle; ascending, the last is 1
    private final int[] guide; // the arc at the start of each of n equal sectors

    WeightedCircle(double[] weights) {
        int n = weights.length;
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        ends = new double[n];
        double end = 0;
        for (int i = 0; i < n; i++) {
            end += weights[i] / total;
            ends[i] = end;
        }
        ends[n - 1] = 1; // so that rounding leaves no gap
        guide = new int[n];
        for (int sector = 0, arc = 0; sector < n; sector++) {
            while (ends[arc] <= (double) sector / n) {
                arc++;
            }
            guide[sector] = arc;
        }
    }

    /** Returns the arc at a point, where the whole circle is 2⁶⁴ read as unsigned. */
    int arcAt(long point) {
        double share = (point >>> 11) * 0x1p-53;
        int arc = guide[(int) (share * guide.length)];
        while (ends[arc] <= share) {
            arc++;
        }
        return arc;
    }
}
