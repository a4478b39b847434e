package dev.evenkeel.benchmarks.report;

import java.util.Locale;

/**
 * Writes an SVG picture. Its background is white, so that dark text can be read whatever page it is on; coordinates are whole numbers, so that
 * the text is small and the same everywhere. Used by one thread.
 */
final class Svg {
    private final StringBuilder text = new StringBuilder(8_000);

    /** @param title what the picture shows, for those who cannot see it */
    Svg(int width, int height, String title) {
        text.append(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" role="img"\
                 font-family="system-ui,sans-serif" font-size="11" fill="#333">
                <title>%3$s</title>
                <rect width="%1$d" height="%2$d" rx="4" fill="#fff"/>
                """, width, height, escaped(title)));
    }

    /** How a line is drawn. An empty dash is a solid line. */
    record Stroke(String colour, double width, String dash) {
        @Override
        public String toString() {
            return "stroke=\"" + colour + "\" stroke-width=\"" + Numbers.fixed(width, 1) + "\""
                    + (dash.isEmpty() ? "" : " stroke-dasharray=\"" + dash + "\"");
        }
    }

    /** Where a text stands from the point that is given. */
    enum Anchor {
        START,
        MIDDLE,
        END;

        private final String word = name().toLowerCase(Locale.ROOT);
    }

    Svg rect(long x, long y, long width, long height, String fill) {
        text.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
                x,
                y,
                width,
                height,
                fill));
        return this;
    }

    Svg line(long x1, long y1, long x2, long y2, Stroke stroke) {
        return path("M" + x1 + "," + y1 + "L" + x2 + "," + y2, stroke);
    }

    /** @param steps as in a path's {@code d}; nothing is drawn if there are none */
    Svg path(String steps, Stroke stroke) {
        if (!steps.isEmpty()) {
            text.append("<path fill=\"none\" ")
                    .append(stroke)
                    .append(" d=\"")
                    .append(steps)
                    .append("\"/>\n");
        }
        return this;
    }

    Svg label(long x, long y, Anchor anchor, String words) {
        text.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                x,
                y,
                anchor.word,
                escaped(words)));
        return this;
    }

    /** Returns the whole picture. */
    String end() {
        return text + "</svg>\n";
    }

    private static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
