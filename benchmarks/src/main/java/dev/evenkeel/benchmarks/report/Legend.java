package dev.evenkeel.benchmarks.report;

/** Says which line is which, from left to right. Used once, by one thread. */
final class Legend {
    private static final int SAMPLE = 22;
    private static final int GAP = 5;
    private static final int APART = 14;

    /** Widths of system fonts at 11 px; they differ, so there is room between entries. */
    private static final double WIDTH = 6.7;

    private static final double NARROW_WIDTH = 3.7;
    private static final String NARROW = "fijlrt ,1/";

    private final Svg svg;
    private final int y;
    private int x;

    Legend(Svg svg, int x, int y) {
        this.svg = svg;
        this.x = x;
        this.y = y;
    }

    Legend entry(String words, Svg.Stroke stroke) {
        svg.line(x, y - 4, x + SAMPLE, y - 4, stroke);
        svg.label(x + SAMPLE + GAP, y, Svg.Anchor.START, words);
        double width = words.chars()
                .mapToDouble(character -> NARROW.indexOf(character) < 0 ? WIDTH : NARROW_WIDTH)
                .sum();
        x += SAMPLE + GAP + (int) width + APART;
        return this;
    }
}
