package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.time.Environment;
import java.util.List;

/** A list that never changes. */
final class StaticEndpointSource implements EndpointSource {
    private final List<Endpoint> endpoints;

    StaticEndpointSource(List<Endpoint> endpoints) {
        this.endpoints = List.copyOf(endpoints);
    }

    @Override
    public Subscription subscribe(Listener listener, Environment environment) {
        listener.onEndpoints(endpoints);
        return () -> {};
    }

    @Override
    public boolean isAuthoritative() {
        return true;
    }

    @Override
    public String toString() {
        return "static list of " + endpoints.size();
    }
}
