package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.locality.ZoneAffinity;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** How much of a client's traffic stays in its zone, by how much of the capacity is there. */
final class ZonesDrawing {
    private static final int ENDPOINTS = 100;
    private static final Locality HOME = new Locality("", "home");
    private static final Locality AWAY = new Locality("", "away");

    private ZonesDrawing() {}

    static Drawing.Content draw() {
        List<Plot.Point> unknown = curve(ZoneAffinity.DEFAULT);
        List<Plot.Point> half = curve(ZoneAffinity.DEFAULT.clientShare(0.5));
        List<Plot.Point> third = curve(ZoneAffinity.DEFAULT.clientShare(1.0 / 3));
        Svg svg = new Svg(
                Curves.WIDTH,
                Curves.HEIGHT,
                "Share of a client's traffic that stays in its zone over the zone's share of the capacity");
        svg.label(8, 16, Svg.Anchor.START, "Share of a client's traffic that stays in its zone, %");
        new Legend(svg, 8, 34)
                .entry("default", Curves.FIRST)
                .entry("clientShare 1/2", Curves.SECOND)
                .entry("clientShare 1/3", Curves.THIRD)
                .entry("zones off", Curves.MARK);
        Curves.plot(svg, "share of the capacity that is in the client's zone")
                .curve(curve(ZoneAffinity.OFF), Curves.MARK)
                .curve(third, Curves.THIRD)
                .curve(half, Curves.SECOND)
                .curve(unknown, Curves.FIRST);
        return new Drawing.Content(
                "A hundred endpoints, some of them in the client's zone; maxLoad is 1.3. A client that does not know where the others are keeps 1.3"
                        + " times its zone's share, so that no server gets more than that even if all clients are in one zone. One that knows that"
                        + " half or a third of the traffic comes from its zone keeps more. With a third of the capacity at home ("
                        + thirdAtHome() + " endpoints) that is " + at(unknown) + ", " + at(half) + " and " + at(third)
                        + ".",
                svg.end());
    }

    private static int thirdAtHome() {
        return 34;
    }

    private static String at(List<Plot.Point> curve) {
        return Numbers.percent(curve.get(thirdAtHome() / Curves.STEP).up() / 100);
    }

    private static List<Plot.Point> curve(ZoneAffinity zones) {
        List<Plot.Point> points = new ArrayList<>();
        for (int atHome = 0; atHome <= ENDPOINTS; atHome += Curves.STEP) {
            points.add(new Plot.Point(atHome, 100 * shareAtHome(atHome, zones)));
        }
        return points;
    }

    /** Returns the share that stays when so many endpoints are in the client's zone. */
    static double shareAtHome(int atHome, ZoneAffinity zones) {
        List<Endpoint> all = VirtualClient.endpoints(ENDPOINTS);
        EndpointSource source = EndpointSource.of(IntStream.range(0, ENDPOINTS)
                .mapToObj(i -> all.get(i).withLocality(i < atHome ? HOME : AWAY))
                .toList());
        try (VirtualClient client =
                new VirtualClient(source, builder -> builder.locality(HOME).zoneAffinity(zones))) {
            return client.share(Curves.CALLS, endpoint -> endpoint.locality().equals(HOME));
        }
    }
}
