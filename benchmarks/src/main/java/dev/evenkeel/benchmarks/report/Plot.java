package dev.evenkeel.benchmarks.report;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A rectangle of a picture with two axes, on which lines are drawn.
 *
 * @param svg the picture
 * @param area where in it
 */
record Plot(Svg svg, Area area, Scale across, Scale up) {
    private static final Svg.Stroke GRID = new Svg.Stroke("#ddd", 1, "");
    private static final Svg.Stroke AXIS = new Svg.Stroke("#888", 1, "");

    /** A rectangle, by its left upper corner. */
    record Area(int x, int y, int width, int height) {}

    /** Shades times at which something is wrong. */
    Plot shade(List<Span> spans) {
        for (Span span : spans) {
            long from = x(span.from().toNanos() / 1e9);
            svg.rect(from, area.y(), Math.max(1, x(span.to().toNanos() / 1e9) - from), area.height(), "#f0f0f0");
        }
        return this;
    }

    /** Draws the axes, and lines at the marks of the upright one. */
    Plot axes() {
        int bottom = area.y() + area.height();
        for (double tick : up.ticks()) {
            svg.line(area.x(), y(tick), area.x() + area.width(), y(tick), GRID);
            svg.label(area.x() - 5, y(tick) + 4, Svg.Anchor.END, Numbers.tick(tick));
        }
        svg.line(area.x(), bottom, area.x() + area.width(), bottom, AXIS);
        for (double tick : across.ticks()) {
            svg.line(x(tick), bottom, x(tick), bottom + 4, AXIS);
            svg.label(x(tick), bottom + 16, Svg.Anchor.MIDDLE, Numbers.tick(tick) + (tick == 0 ? " s" : ""));
        }
        return this;
    }

    /** Draws a line through the middle of each part of a run. Where there is no value, which is {@code NaN}, it breaks. */
    Plot line(List<Span> parts, ToDoubleFunction<Span> value, Svg.Stroke stroke) {
        StringBuilder steps = new StringBuilder();
        boolean connected = false;
        for (Span part : parts) {
            double height = value.applyAsDouble(part);
            boolean known = !Double.isNaN(height);
            if (known) {
                steps.append(connected ? "L" : "M")
                        .append(x(part.middle()))
                        .append(',')
                        .append(y(height));
            }
            connected = known;
        }
        svg.path(steps.toString(), stroke);
        return this;
    }

    /** Draws a level line. */
    Plot level(double height, Svg.Stroke stroke) {
        svg.line(area.x(), y(height), area.x() + area.width(), y(height), stroke);
        return this;
    }

    private long x(double value) {
        return area.x() + Math.round(across.at(value) * area.width());
    }

    private long y(double value) {
        return area.y() + Math.round((1 - up.at(value)) * area.height());
    }
}
