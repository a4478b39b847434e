package dev.evenkeel.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A row for every policy, and a column for each of a few scenarios. Used by one thread. */
final class PolicyTable {
    private final List<Column> columns = new ArrayList<>();

    /** What each policy made of a scenario, in their order. */
    private record Column(Scenario scenario, List<Standing> standings) {}

    /** Runs a scenario with all policies. */
    void add(Comparison alone) {
        Comparison all = alone.beside(Contender.EVERY_POLICY);
        List<Standing> standings =
                all.scores().stream().skip(1).map(Standing::of).toList(); // ours is the first of them, too
        columns.add(new Column(alone.scenario(), standings));
    }

    String text() {
        MarkdownTable<Integer> table = new MarkdownTable<Integer>()
                .column(
                        "policy",
                        row -> "`" + Contender.EVERY_POLICY.get(row).name() + "`" + (row == 0 ? ", the default" : ""));
        for (Column column : columns) {
            table.column(
                    "[" + column.scenario.title() + "](#" + column.scenario.id() + ")",
                    row -> Overview.cell(column.standings, row));
        }
        return table.of(
                IntStream.range(0, Contender.EVERY_POLICY.size()).boxed().toList());
    }
}
