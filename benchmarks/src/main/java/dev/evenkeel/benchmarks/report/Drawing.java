package dev.evenkeel.benchmarks.report;

import java.util.List;
import java.util.function.Supplier;

/**
 * A picture of what real load balancers do with where servers are, in virtual time.
 *
 * @param id names the picture's file
 * @param title a few words
 * @param content makes it
 */
record Drawing(String id, String title, Supplier<Content> content) {
    /**
     * What is shown.
     *
     * @param words what the picture tells, in Markdown
     * @param svg the picture
     */
    record Content(String words, String svg) {}

    static List<Drawing> all() {
        return List.of(
                new Drawing("locality-spill", "Priorities spill", SpillDrawing::draw),
                new Drawing("locality-zones", "Zones keep what they can bear", ZonesDrawing::draw),
                new Drawing(
                        "subsetting-connections",
                        "Ten thousand clients, a thousand servers",
                        ConnectionsDrawing::draw));
    }

    String file() {
        return id + ".svg";
    }

    String chapter(Content made) {
        return "### " + title + "\n\n" + made.words + "\n\n![" + title + "](" + file() + ")\n";
    }
}
