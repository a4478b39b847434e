package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The connections of many clients to many servers: real load balancers, opened one after the other, or there would be no room for them. To each
 * it then happens that the first server leaves. Used by one thread.
 */
final class Connections {
    private final UnaryOperator<LoadBalancerBuilder> settings;
    private final List<Endpoint> servers;
    private final Map<String, Integer> counts = new HashMap<>();
    private int clients;
    private int untouched;
    private int exchanged;

    Connections(int servers, UnaryOperator<LoadBalancerBuilder> settings) {
        this.settings = settings;
        this.servers = VirtualClient.endpoints(servers);
        this.servers.forEach(server -> counts.put(server.id(), 0));
    }

    /** Adds clients until there are so many. */
    Connections upTo(int count) {
        while (clients < count) {
            add("client-" + clients++);
        }
        return this;
    }

    private void add(String clientId) {
        MutableEndpointSource source = MutableEndpointSource.of(servers);
        try (VirtualClient client = new VirtualClient(source, builder -> settings.apply(builder.clientId(clientId)))) {
            Set<String> before = client.used();
            before.forEach(server -> counts.merge(server, 1, Integer::sum));
            String leaving = servers.get(0).id();
            source.remove(leaving);
            Set<String> after = client.used();
            Set<String> opened = new HashSet<>(after);
            opened.removeAll(before);
            before.removeAll(after);
            untouched += before.isEmpty() && opened.isEmpty() ? 1 : 0;
            exchanged += before.equals(Set.of(leaving)) && opened.size() == 1 ? 1 : 0;
        }
    }

    int clients() {
        return clients;
    }

    /** Returns how many connections each server has, from the least to the most. */
    int[] perServer() {
        return counts.values().stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    double mean() {
        return Arrays.stream(perServer()).average().orElseThrow();
    }

    double deviation() {
        double mean = mean();
        return Math.sqrt(Arrays.stream(perServer())
                .mapToDouble(count -> (count - mean) * (count - mean))
                .average()
                .orElseThrow());
    }

    /** Returns how many clients noticed nothing when the server left. */
    int untouched() {
        return untouched;
    }

    /** Returns how many closed their connection to it and opened one to another, and did nothing else. */
    int exchanged() {
        return exchanged;
    }
}
