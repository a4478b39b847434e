package dev.evenkeel.examples.demo;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What went to each endpoint in the last second, as the load balancer tells it. */
final class EndpointStats implements LoadBalancerListener {
    private final Map<String, RecentLatencies> byId = new ConcurrentHashMap<>();

    @Override
    public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        of(endpoint.id()).add(System.nanoTime(), latencyNanos);
    }

    Latencies at(String id, long nowNanos) {
        return of(id).at(nowNanos);
    }

    private RecentLatencies of(String id) {
        return byId.computeIfAbsent(id, key -> new RecentLatencies());
    }
}
