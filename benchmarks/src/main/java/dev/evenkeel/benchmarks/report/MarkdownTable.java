package dev.evenkeel.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table of which each row shows one thing. Immutable but for the columns that are added while it is described.
 *
 * @param <T> what a row shows
 */
final class MarkdownTable<T> {
    private final List<Column<T>> columns = new ArrayList<>();

    private record Column<T>(String header, Function<T, String> cell) {}

    MarkdownTable<T> column(String header, Function<T, String> cell) {
        columns.add(new Column<>(header, cell));
        return this;
    }

    /** Returns the text, which ends with a line end; the first column is set left and the others right. */
    String of(List<T> rows) {
        String rule = "|---|" + "---:|".repeat(columns.size() - 1) + "\n";
        return line(Column::header)
                + rule
                + rows.stream()
                        .map(row -> line(column -> column.cell().apply(row)))
                        .collect(Collectors.joining());
    }

    private String line(Function<Column<T>, String> cell) {
        return columns.stream().map(cell).collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
