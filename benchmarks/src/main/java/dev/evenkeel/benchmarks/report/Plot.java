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

    /** A value over another. */
    record Point(double across, double up) {}

    /** Draws the axes, the lower one in seconds, and lines at the marks of the upright one. */
    Plot axes() {
        return axes(" s");
    }

    /** Draws the axes, and lines at the marks of the upright one. The unit is that of the lower one. */
    Plot axes(String unit) {
        int bottom = area.y() + area.height();
        for (double tick : up.ticks()) {
            svg.line(area.x(), y(tick), area.x() + area.width(), y(tick), GRID);
            svg.label(area.x() - 5, y(tick) + 4, Svg.Anchor.END, Numbers.tick(tick));
        }
        svg.line(area.x(), bottom, area.x() + area.width(), bottom, AXIS);
        for (double tick : across.ticks()) {
            svg.line(x(tick), bottom, x(tick), bottom + 4, AXIS);
            svg.label(
                    x(tick),
                    bottom + 16,
                    Svg.Anchor.MIDDLE,
                    Numbers.tick(tick) + (tick == across.ticks().get(0) ? unit : ""));
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

    /** Draws a line through points. */
    Plot curve(List<Point> points, Svg.Stroke stroke) {
        StringBuilder steps = new StringBuilder();
        for (Point point : points) {
            steps.append(steps.isEmpty() ? "M" : "L")
                    .append(x(point.across))
                    .append(',')
                    .append(y(point.up));
        }
        svg.path(steps.toString(), stroke);
        return this;
    }

    /** Draws a bar from the bottom up. */
    Plot bar(double from, double to, double height, String fill) {
        svg.rect(x(from), y(height), x(to) - x(from) - 1, y(0) - y(height), fill);
        return this;
    }

    /** Draws an upright line. */
    Plot upright(double at, Svg.Stroke stroke) {
        svg.line(x(at), area.y(), x(at), area.y() + area.height(), stroke);
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
