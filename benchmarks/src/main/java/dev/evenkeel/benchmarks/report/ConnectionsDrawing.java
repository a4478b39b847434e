package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.locality.Subsetting;
import java.util.ArrayList;
import java.util.List;

/** How many connections each of a thousand servers has, when ten thousand clients use a hundred of them each. */
final class ConnectionsDrawing {
    static final int SERVERS = 1_000;

    /** As many clients as the test of the committed report counts again. */
    static final int FIRST_CLIENTS = 500;

    private static final int CLIENTS = 10_000;
    private static final int CLIENTS_WITH_ALL = 100;
    private static final int BAR = 10; // connections
    private static final int LEAST = 850;
    private static final int MOST = 1_150;
    private static final int WIDTH = 560;
    private static final int HEIGHT = 300;
    private static final Svg.Stroke EXPECTED = new Svg.Stroke("#d55e00", 1.5, "");

    private ConnectionsDrawing() {}

    static Drawing.Content draw() {
        Connections subsets = new Connections(SERVERS, builder -> builder);
        MarkdownTable<Row> table = new MarkdownTable<Row>()
                .column("clients", Row::clients)
                .column("connections of a server: least", Row::least)
                .column("mean", Row::mean)
                .column("most", Row::most)
                .column("deviation", Row::deviation)
                .column("by chance", Row::byChance)
                .column("a server leaves: not touched", Row::untouched)
                .column("exchange one", Row::exchanged);
        Row first = Row.of("", subsets.upTo(FIRST_CLIENTS));
        Row all = Row.of("", subsets.upTo(CLIENTS));
        Row withoutSubsets = Row.of(
                ", each using all",
                new Connections(SERVERS, builder -> builder.subsetting(Subsetting.OFF)).upTo(CLIENTS_WITH_ALL));
        return new Drawing.Content(
                "Each client has a load balancer and an id of its own, and uses "
                        + Subsetting.DEFAULT.size() + " of " + Numbers.thousands(SERVERS)
                        + " servers. If each drew them by chance, as gRPC's `random_subsetting` and any good hash do, the connections of a server would"
                        + " be binomial: the line, and the deviation \"by chance\". Without subsets every server has a connection from every client, "
                        + Numbers.thousands(CLIENTS)
                        + "; a hundred clients are enough to see it. When one server leaves, those that used it take up"
                        + " another one, and nobody else changes anything; without subsets every client loses a connection and opens none.\n\n"
                        + table.of(List.of(first, all, withoutSubsets)).stripTrailing(),
                histogram(subsets));
    }

    /** Returns the line of the table for the first clients. */
    static String firstRow() {
        Row row = Row.of("", new Connections(SERVERS, builder -> builder).upTo(FIRST_CLIENTS));
        return "| " + row.clients + " | " + row.least + " | " + row.mean + " | " + row.most + " | " + row.deviation
                + " | " + row.byChance + " | " + row.untouched + " | " + row.exchanged + " |";
    }

    private record Row(
            String clients,
            String least,
            String mean,
            String most,
            String deviation,
            String byChance,
            String untouched,
            String exchanged) {
        static Row of(String what, Connections connections) {
            int[] perServer = connections.perServer();
            double share = connections.mean() / connections.clients();
            return new Row(
                    Numbers.thousands(connections.clients()) + what,
                    Numbers.thousands(perServer[0]),
                    Numbers.thousands(Math.round(connections.mean())),
                    Numbers.thousands(perServer[perServer.length - 1]),
                    Numbers.fixed(connections.deviation(), 1),
                    Numbers.fixed(Math.sqrt(connections.clients() * share * (1 - share)), 1),
                    Numbers.thousands(connections.untouched()),
                    Numbers.thousands(connections.exchanged()));
        }
    }

    private static String histogram(Connections connections) {
        int[] bars = new int[(MOST - LEAST) / BAR];
        for (int count : connections.perServer()) {
            bars[Math.max(0, Math.min(bars.length - 1, (count - LEAST) / BAR))]++;
        }
        Svg svg = new Svg(WIDTH, HEIGHT, "How many servers have how many connections");
        svg.label(8, 16, Svg.Anchor.START, "Servers with so many connections, in steps of " + BAR);
        new Legend(svg, 8, 34)
                .entry(
                        Numbers.thousands(CLIENTS) + " clients, " + Numbers.thousands(SERVERS) + " servers",
                        new Svg.Stroke("#0072b2", 8, ""))
                .entry("by chance", EXPECTED);
        svg.label(WIDTH - 16, HEIGHT - 8, Svg.Anchor.END, "connections");
        Plot plot = new Plot(
                        svg,
                        new Plot.Area(44, 46, WIDTH - 60, HEIGHT - 90),
                        Scale.between(LEAST, MOST, 50),
                        Scale.linear(150))
                .axes("");
        for (int i = 0; i < bars.length; i++) {
            plot.bar(LEAST + i * BAR, LEAST + (i + 1) * BAR, bars[i], "#0072b2");
        }
        return plot.curve(expected(connections.mean() / connections.clients()), EXPECTED)
                .svg()
                .end();
    }

    /** Returns how many servers of a bar there would be by chance: the binomial distribution, from its ratios of neighbours. */
    private static List<Plot.Point> expected(double share) {
        double[] probability = new double[CLIENTS + 1];
        int middle = (int) Math.round(CLIENTS * share);
        probability[middle] = 1;
        for (int k = middle; k < CLIENTS; k++) {
            probability[k + 1] = probability[k] * (CLIENTS - k) / (k + 1) * share / (1 - share);
        }
        for (int k = middle; k > 0; k--) {
            probability[k - 1] = probability[k] * k / (CLIENTS - k + 1) * (1 - share) / share;
        }
        double sum = 0;
        for (double one : probability) {
            sum += one;
        }
        List<Plot.Point> points = new ArrayList<>();
        for (int k = LEAST; k <= MOST; k += BAR / 2) {
            points.add(new Plot.Point(k, SERVERS * BAR * probability[k] / sum));
        }
        return points;
    }
}
