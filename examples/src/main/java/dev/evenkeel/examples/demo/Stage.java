package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.observe.EndpointStatus;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Everything there is to see, from the moment the show begins. */
final class Stage {
    private final Options options;
    private final Fleet fleet;
    private final LoadBalancer loadBalancer;
    private final EndpointStats stats;
    private final long startNanos = System.nanoTime();
    private final Happenings happenings = new Happenings(startNanos);

    Stage(Options options, Fleet fleet, LoadBalancer loadBalancer, EndpointStats stats) {
        this.options = options;
        this.fleet = fleet;
        this.loadBalancer = loadBalancer;
        this.stats = stats;
        loadBalancer.addListener(happenings);
    }

    Script script() {
        return new Script(fleet, happenings::weDid);
    }

    long elapsedNanos() {
        return System.nanoTime() - startNanos;
    }

    /** Looks at everything at once. */
    Frame frame(Callers callers) {
        long now = System.nanoTime();
        Totals totals = new Totals(
                callers.latencies(),
                callers.failures(),
                callers.firstFailure(),
                happenings.retries(),
                fleet.requests());
        return new Frame(now - startNanos, options, rows(now), callers.lastSecond(now), totals, happenings.all());
    }

    private List<Row> rows(long now) {
        List<EndpointStatus> endpoints = loadBalancer.endpoints();
        Map<String, Latencies> recent = endpoints.stream()
                .map(status -> status.endpoint().id())
                .collect(Collectors.toMap(id -> id, id -> stats.at(id, now)));
        long all = recent.values().stream().mapToLong(Latencies::count).sum();
        return endpoints.stream()
                .map(status -> {
                    String id = status.endpoint().id();
                    return Row.of(status, fleet.mood(id), recent.getOrDefault(id, Latencies.NONE), all);
                })
                .toList();
    }
}
