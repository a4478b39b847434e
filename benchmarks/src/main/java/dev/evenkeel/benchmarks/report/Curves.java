package dev.evenkeel.benchmarks.report;

/** What the pictures of shares over shares have in common: two axes of percentages. */
final class Curves {
    static final int WIDTH = 560;
    static final int HEIGHT = 330;
    static final int CALLS = 20_000;
    static final int STEP = 2;
    static final Svg.Stroke FIRST = new Svg.Stroke("#0072b2", 2.5, "");
    static final Svg.Stroke SECOND = new Svg.Stroke("#d55e00", 1.5, "");
    static final Svg.Stroke THIRD = new Svg.Stroke("#009e73", 1.5, "7 3");
    static final Svg.Stroke MARK = new Svg.Stroke("#666", 1, "3 3");

    private Curves() {}

    static Plot plot(Svg svg, String across) {
        svg.label(WIDTH - 16, HEIGHT - 8, Svg.Anchor.END, across);
        return new Plot(
                        svg,
                        new Plot.Area(44, 46, WIDTH - 60, HEIGHT - 90),
                        Scale.between(0, 100, 10),
                        Scale.between(0, 100, 10))
                .axes(" %");
    }
}
