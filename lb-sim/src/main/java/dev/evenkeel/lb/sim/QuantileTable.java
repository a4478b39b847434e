package dev.evenkeel.lb.sim;

/**
 * A service time read from a table of its quantiles, by linear interpolation. The longest 0.2 % are computed, because
 * there the quantiles are far apart; so a draw seldom needs a logarithm.
 */
final class QuantileTable implements ServiceTime {
    private static final int CELLS = 4096;
    private static final int COMPUTED_CELLS = 8;

    private final String name;
    private final ServiceTime exact;
    private final double[] nanos = new double[CELLS];

    QuantileTable(String name, ServiceTime exact) {
        this.name = name;
        this.exact = exact;
        for (int i = 0; i < CELLS; i++) {
            nanos[i] = exact.nanos((double) i / CELLS);
        }
    }

    @Override
    public long nanos(double share) {
        double position = share * CELLS;
        int cell = (int) position;
        if (cell >= CELLS - COMPUTED_CELLS) {
            return exact.nanos(share);
        }
        return (long) (nanos[cell] + (nanos[cell + 1] - nanos[cell]) * (position - cell));
    }

    @Override
    public String toString() {
        return name;
    }
}
