package dev.evenkeel.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What the report says of one scenario. */
final class Chapter {
    private static final int MOST_EPISODES = 4;

    private Chapter() {}

    static String of(Comparison comparison) {
        Scenario scenario = comparison.scenario();
        List<Score> rows = new ArrayList<>(comparison.scores());
        rows.add(comparison.oracle());
        return String.join(
                "\n\n",
                "<a id=\"" + scenario.id() + "\"></a>",
                "### " + scenario.title(),
                scenario.story(),
                scenario.fleet().words() + ". " + course(scenario),
                table(scenario).of(rows).stripTrailing(),
                pictures(scenario));
    }

    private static String pictures(Scenario scenario) {
        String latency = "![99th percentile over time](" + latencyFile(scenario) + ")\n";
        return scenario.attemptsAtTier() > 0
                ? latency
                : latency + "\n![Share of each server over time](" + shareFile(scenario) + ")\n";
    }

    static String latencyFile(Scenario scenario) {
        return scenario.id() + "-latency.svg";
    }

    static String shareFile(Scenario scenario) {
        return scenario.id() + "-share.svg";
    }

    private static String course(Scenario scenario) {
        List<Episode> episodes = scenario.episodes();
        int more = episodes.size() - MOST_EPISODES;
        return Numbers.seconds(scenario.length())
                + " s"
                + episodes.stream()
                        .limit(MOST_EPISODES)
                        .map(episode -> "; " + episode)
                        .collect(Collectors.joining())
                + (more > 0 ? "; and " + more + " more of the kind." : ".");
    }

    private static MarkdownTable<Score> table(Scenario scenario) {
        MarkdownTable<Score> table = new MarkdownTable<Score>()
                .column("policy", Score::name)
                .column("success", score -> Numbers.success(score.success()))
                .column("p50 ms", score -> Numbers.millis(score.percentile(50)))
                .column("p99 ms", score -> Numbers.millis(score.percentile(99)))
                .column("p99.9 ms", score -> Numbers.millis(score.percentile(99.9)))
                .column("p99 ÷ oracle's", score -> ratio(score))
                .column(attemptsHeader(scenario), score -> Numbers.fixed(score.attemptsPerCall(), 2));
        if (scenario.attemptsAtTier() == 0) {
            table.column("busiest server", score -> Numbers.percent(score.busiestShare()));
        }
        if (!scenario.watched().isEmpty()) {
            table.column(
                    (scenario.watched().size() == 1 ? "" : "mean of ") + serverWords(scenario),
                    score -> Numbers.percent(score.watchedShare()));
        }
        if (scenario.isAboutKeys()) {
            table.column("moved", score -> Numbers.percent(score.movedShare()));
        }
        scenario.recovery()
                .ifPresent(from ->
                        table.column("felt after " + Numbers.seconds(from) + " s for", score -> score.feltAfter(from)));
        return table;
    }

    private static String attemptsHeader(Scenario scenario) {
        int tier = scenario.attemptsAtTier();
        return tier == 0 ? "attempts per call" : "attempts at tier " + tier + " per call";
    }

    static String ratio(Score score) {
        return Numbers.fixed(score.ratio(), 2);
    }

    /** Names the servers that the story is about. */
    static String serverWords(Scenario scenario) {
        List<Integer> servers = scenario.watched();
        return (servers.size() == 1 ? "server " : "servers ")
                + servers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
