package dev.evenkeel.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Maps values onto 0 to 1, with the marks of an axis.
 *
 * @param position where a value is; 0 is the axis' beginning and 1 its end, and what is beyond is put there
 * @param ticks values that read well, in order
 */
record Scale(DoubleUnaryOperator position, List<Double> ticks) {
    private static final int MOST_STEPS = 8;

    /** Returns a scale from 0 to at least {@code most}, in steps of 1, 2 or 5 times a power of ten. */
    static Scale linear(double most) {
        double step = StrictMath.pow(10, Math.floor(StrictMath.log10(most / MOST_STEPS)));
        for (int i = 0; step * MOST_STEPS < most; i++) {
            step *= i % 3 == 1 ? 2.5 : 2; // 1, 2, 5, 10
        }
        return stepping(step, Math.ceil(most / step) * step);
    }

    /** Returns a scale that ends at {@code most} itself. */
    static Scale endingAt(double most) {
        List<Double> ticks = new ArrayList<>(linear(most).ticks);
        ticks.removeIf(tick -> tick > most);
        return new Scale(value -> within(value / most), ticks);
    }

    /** Returns a scale over exactly these values. */
    static Scale between(double from, double to, double step) {
        List<Double> ticks = new ArrayList<>();
        for (long i = 0; i <= Math.round((to - from) / step); i++) {
            ticks.add(from + i * step);
        }
        return new Scale(value -> within((value - from) / (to - from)), ticks);
    }

    private static Scale stepping(double step, double end) {
        return between(0, end, step);
    }

    /** Returns a logarithmic scale over at least these values, with marks at 1, 2 and 5 times powers of ten. */
    static Scale logarithmic(double least, double most) {
        List<Double> ticks = new ArrayList<>();
        double tick = StrictMath.pow(10, Math.floor(StrictMath.log10(least)));
        for (int i = 0; ticks.size() < 2 || ticks.get(ticks.size() - 1) < most; i++) {
            ticks.add(tick);
            tick *= i % 3 == 1 ? 2.5 : 2;
            if (tick <= least) {
                ticks.clear();
            }
        }
        double from = StrictMath.log(ticks.get(0));
        double to = StrictMath.log(ticks.get(ticks.size() - 1));
        return new Scale(value -> within((StrictMath.log(value) - from) / (to - from)), ticks);
    }

    private static double within(double position) {
        return Math.max(0, Math.min(1, position));
    }

    double at(double value) {
        return position.applyAsDouble(value);
    }
}
