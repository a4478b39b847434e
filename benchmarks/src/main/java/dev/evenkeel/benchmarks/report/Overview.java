package dev.evenkeel.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** All scenarios and all policies on one page. Used by one thread. */
final class Overview {
    private final List<Row> rows = new ArrayList<>();

    /**
     * A scenario's row.
     *
     * @param spread the least and the most that our ratio is with other seeds
     */
    private record Row(Scenario scenario, List<Standing> standings, String spread) {}

    void add(Comparison comparison, String spread) {
        rows.add(new Row(
                comparison.scenario(),
                comparison.scores().stream().map(Standing::of).toList(),
                spread));
    }

    /** Returns the table: a cell is the p99 as a multiple of the oracle's, and the share of calls that succeeded. */
    String table() {
        if (rows.isEmpty()) {
            return "";
        }
        MarkdownTable<Row> table = new MarkdownTable<Row>()
                .column(
                        "scenario",
                        row -> "[" + row.scenario().title() + "](#"
                                + row.scenario().id() + ")");
        List<Standing> first = rows.get(0).standings();
        for (int i = 0; i < first.size(); i++) {
            int index = i;
            table.column(first.get(i).name(), row -> cell(row.standings(), index));
        }
        if (rows.stream().anyMatch(row -> !row.spread().isEmpty())) {
            table.column("Evenkeel, other seeds", Row::spread);
        }
        return table.of(rows);
    }

    /** What nobody beats is bold, where somebody is beaten. */
    static String cell(List<Standing> standings, int index) {
        Standing standing = standings.get(index);
        boolean best = standings.stream().noneMatch(other -> other.beats(standing))
                && standings.stream().anyMatch(standing::beats);
        return best ? "**" + standing.words() + "**" : standing.words();
    }

    /** Returns a list of where peers are better than we are. */
    String defeats() {
        StringBuilder list = new StringBuilder();
        for (Row row : rows) {
            Standing ours = row.standings().get(0);
            List<Standing> better =
                    row.standings().stream().filter(peer -> peer.beats(ours)).toList();
            if (!better.isEmpty()) {
                list.append("- ").append(row.scenario().title()).append(": ").append(ours.longWords());
                better.forEach(peer -> list.append("; ").append(peer.longWords()));
                list.append('\n');
            }
        }
        return list.isEmpty() ? "Nowhere.\n" : list.toString();
    }
}
