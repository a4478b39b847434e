package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How much of the traffic two priorities get as the servers of the first go, one after the other. */
final class SpillDrawing {
    private static final int EACH = 100;
    private static final double ENVOYS_MARK = 72;

    private SpillDrawing() {}

    static Drawing.Content draw() {
        List<Plot.Point> first = new ArrayList<>();
        List<Plot.Point> second = new ArrayList<>();
        for (int available = 0; available <= EACH; available += Curves.STEP) {
            double share = 100 * shareOfFirst(EACH - available);
            first.add(new Plot.Point(available, share));
            second.add(new Plot.Point(available, 100 - share));
        }
        Svg svg = new Svg(
                Curves.WIDTH,
                Curves.HEIGHT,
                "Share of the traffic of two priorities over what is available of the first");
        svg.label(8, 16, Svg.Anchor.START, "Share of the traffic, %");
        new Legend(svg, 8, 34)
                .entry("priority 0", Curves.FIRST)
                .entry("priority 1", Curves.SECOND)
                .entry("72 %, where Envoy begins to spill", Curves.MARK);
        Curves.plot(svg, "available endpoints of priority 0")
                .upright(ENVOYS_MARK, Curves.MARK)
                .curve(second, Curves.SECOND)
                .curve(first, Curves.FIRST);
        return new Drawing.Content(
                "Two priorities of 100 endpoints each, and a default load balancer. So many of the first refuse connections; when it has found them"
                        + " out, " + Numbers.thousands(Curves.CALLS)
                        + " calls are counted. With 72 of 100 available priority 0 gets "
                        + Numbers.percent(at(first, 72)) + " of them, with 70 " + Numbers.percent(at(first, 70))
                        + ", with 50 " + Numbers.percent(at(first, 50)) + ", with 10 "
                        + Numbers.percent(at(first, 10)) + ".",
                svg.end());
    }

    private static double at(List<Plot.Point> curve, int available) {
        return curve.get(available / Curves.STEP).up() / 100;
    }

    /** Returns the share of the first priority when so many of its endpoints are out. */
    static double shareOfFirst(int out) {
        List<Endpoint> first = VirtualClient.endpoints(2 * EACH).subList(0, EACH);
        List<Endpoint> second = VirtualClient.endpoints(2 * EACH).subList(EACH, 2 * EACH).stream()
                .map(endpoint -> endpoint.withPriority(1))
                .toList();
        Set<String> refusing = first.stream().limit(out).map(Endpoint::id).collect(Collectors.toSet());
        EndpointSource source =
                EndpointSource.of(Stream.concat(first.stream(), second.stream()).toList());
        try (VirtualClient client = new VirtualClient(source, builder -> builder)) {
            client.findOut(refusing);
            return client.share(Curves.CALLS, endpoint -> endpoint.priority() == 0);
        }
    }
}
