package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Period;
import dev.evenkeel.lb.sim.Result;
import java.util.List;
import java.util.stream.IntStream;

/** Each server's share of the picks over time, of two policies side by side on the same scale. */
final class ShareChart {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 220;
    private static final int LEFT = 44;
    private static final int APART = 48;
    private static final int TOP = 58;
    private static final int PANEL = (WIDTH - LEFT - APART - 16) / 2;

    private static final Svg.Stroke OTHERS = new Svg.Stroke("#999", 0.7, "");
    private static final Svg.Stroke WATCHED = new Svg.Stroke("#d55e00", 2, "");
    private static final Svg.Stroke EVEN = new Svg.Stroke("#0072b2", 1, "3 3");

    private final Scenario scenario;
    private final List<Span> parts;
    private final int servers;

    private ShareChart(Scenario scenario, int servers) {
        this.scenario = scenario;
        this.parts = Span.cut(scenario.length());
        this.servers = servers;
    }

    static String of(Comparison comparison) {
        Scenario scenario = comparison.scenario();
        Score ours = comparison.scores().get(0);
        Score peer = comparison.scores().get(1);
        return new ShareChart(scenario, ours.result().servers().size()).draw(ours, peer);
    }

    private String draw(Score ours, Score peer) {
        Svg svg = new Svg(WIDTH, HEIGHT, scenario.title() + ": share of picks for each server over time");
        svg.label(8, 16, Svg.Anchor.START, "Share of attempts for each server, %");
        Legend legend = new Legend(svg, 8, 34);
        if (!scenario.watched().isEmpty()) {
            legend.entry(Chapter.serverWords(scenario), WATCHED);
        }
        legend.entry(scenario.watched().isEmpty() ? "a server" : "another server", OTHERS)
                .entry("1/" + servers, EVEN);
        Shares left = new Shares(ours.result());
        Shares right = new Shares(peer.result());
        Scale up = Scale.linear(100 * Math.max(left.most(), right.most()));
        panel(svg, LEFT, up, ours.name(), left);
        panel(svg, LEFT + PANEL + APART, up, peer.name(), right);
        return svg.end();
    }

    private void panel(Svg svg, int x, Scale up, String name, Shares shares) {
        svg.label(x + PANEL / 2, TOP - 6, Svg.Anchor.MIDDLE, name);
        Plot plot = new Plot(
                        svg,
                        new Plot.Area(x, TOP, PANEL, HEIGHT - TOP - 26),
                        Scale.endingAt(scenario.length().toNanos() / 1e9),
                        up)
                .shade(scenario.disturbed())
                .axes();
        IntStream.range(0, servers)
                .filter(server -> !scenario.watched().contains(server))
                .forEach(server -> plot.line(parts, part -> shares.percent(part, server), OTHERS));
        plot.level(100.0 / servers, EVEN);
        scenario.watched().forEach(server -> plot.line(parts, part -> shares.percent(part, server), WATCHED));
    }

    /** The shares of one run. */
    private final class Shares {
        private final List<Period> periods;

        Shares(Result result) {
            this.periods = parts.stream().map(part -> part.of(result)).toList();
        }

        double percent(Span part, int server) {
            return 100 * periods.get(parts.indexOf(part)).share(server);
        }

        double most() {
            return periods.stream()
                    .flatMapToDouble(period -> IntStream.range(0, servers).mapToDouble(period::share))
                    .max()
                    .orElseThrow();
        }
    }
}
