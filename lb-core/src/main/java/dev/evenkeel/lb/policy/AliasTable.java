package dev.evenkeel.lb.policy;

/**
 * Draws an index with a probability in proportion to its weight, in constant time.
 *
 * <p>Source: Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution", 1991.
 */
final class AliasTable {
    private final double[] keep; // the share of column i that belongs to i itself
    private final int[] alias; // whom the rest of column i belongs to

    AliasTable(double[] weights) {
        int n = weights.length;
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        keep = new double[n];
        alias = new int[n];
        int[] columns = new int[n]; // those below the mean from the left, those above it from the right
        int below = 0;
        int above = n;
        for (int i = 0; i < n; i++) {
            keep[i] = weights[i] / total * n;
            alias[i] = i;
            columns[keep[i] < 1 ? below++ : --above] = i;
        }
        while (below > 0 && above < n) {
            int small = columns[--below];
            int large = columns[above];
            alias[small] = large;
            keep[large] -= 1 - keep[small];
            if (keep[large] < 1) {
                above++;
                columns[below++] = large;
            }
        }
        // What is left differs from a full column only by rounding.
        while (below > 0) {
            keep[columns[--below]] = 1;
        }
        while (above < n) {
            keep[columns[above++]] = 1;
        }
    }

    /** Returns an index, drawn with 64 random bits. */
    int draw(long bits) {
        int column = Draw.upper(bits, keep.length);
        return (bits & 0xFFFF_FFFFL) * 0x1p-32 < keep[column] ? column : alias[column];
    }
}
