package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Latencies;
import dev.evenkeel.lb.sim.Result;
import java.util.List;

/** The 99th percentile over time, a line for each policy. */
final class LatencyChart {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 270;
    private static final Plot.Area AREA = new Plot.Area(44, 46, WIDTH - 60, HEIGHT - 72);

    /** Colours of Okabe and Ito, which those who see fewer colours can tell apart; dashes help everybody else. */
    private static final List<Svg.Stroke> PEERS = List.of(
            new Svg.Stroke("#d55e00", 1.5, ""),
            new Svg.Stroke("#e69f00", 1.5, "2 2"),
            new Svg.Stroke("#009e73", 1.5, "7 3"),
            new Svg.Stroke("#cc79a7", 1.5, "4 2"));

    static final Svg.Stroke OURS = new Svg.Stroke("#0072b2", 2.5, "");
    private static final Svg.Stroke ORACLE = new Svg.Stroke("#666", 1.5, "1 2");

    /** What every chart shows at least, in ms, so that they compare: usually the deadline is at the top. */
    private static final double LEAST = 20;

    private static final double MOST = 1_000;

    private LatencyChart() {}

    static String of(Comparison comparison) {
        Scenario scenario = comparison.scenario();
        List<Span> parts = Span.cut(scenario.length());
        Svg svg = new Svg(WIDTH, HEIGHT, scenario.title() + ": 99th percentile of latency over time, by policy");
        svg.label(8, 16, Svg.Anchor.START, "99th percentile of what ended in each " + partWords(parts) + ", ms");
        double slowest = comparison.scores().stream()
                .mapToDouble(score -> score.percentile(100).toNanos() / 1e6)
                .max()
                .orElseThrow();
        Plot plot = new Plot(
                        svg,
                        AREA,
                        Scale.endingAt(scenario.length().toNanos() / 1e9),
                        Scale.logarithmic(LEAST, Math.max(MOST, slowest)))
                .shade(scenario.disturbed())
                .axes();
        Legend legend = new Legend(svg, 8, 34);
        List<Score> scores = comparison.scores();
        legend.entry(scores.get(0).name(), OURS);
        for (int i = 1; i < scores.size(); i++) {
            Svg.Stroke stroke = PEERS.get((i - 1) % PEERS.size());
            legend.entry(scores.get(i).name(), stroke);
            Result result = scores.get(i).result();
            plot.line(parts, part -> p99(part, result), stroke);
        }
        plot.line(parts, part -> p99(part, scores.get(0).result()), OURS);
        Score oracle = comparison.oracle();
        legend.entry(oracle.name(), ORACLE);
        plot.line(parts, part -> p99(part, oracle.result()), ORACLE);
        return svg.end();
    }

    private static String partWords(List<Span> parts) {
        Span first = parts.get(0);
        long seconds = first.to().toSeconds();
        return seconds == 1 ? "second" : seconds + " s";
    }

    private static double p99(Span part, Result result) {
        Latencies latency = part.of(result).latency();
        return latency.count() == 0 ? Double.NaN : latency.percentile(99).toNanos() / 1e6;
    }
}
