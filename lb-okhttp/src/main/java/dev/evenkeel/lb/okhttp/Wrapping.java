package dev.evenkeel.lb.okhttp;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a wrapped client has that its original has not, and that is closed with it. Safe for use by many threads. */
final class Wrapping implements AutoCloseable {
    private final Map<String, BalancedService> services; // by name
    private final Anomalies anomalies;
    private final List<OkHttpHealthCheck> checks = new CopyOnWriteArrayList<>(); // that the client sends

    Wrapping(Map<String, BalancedService> services, Anomalies anomalies) {
        this.services = Map.copyOf(services);
        this.anomalies = anomalies;
    }

    Map<String, BalancedService> services() {
        return services;
    }

    /** Returns what should not happen in the client, counted. */
    Anomalies anomalies() {
        return anomalies;
    }

    /** Notes that the client sends a health check. */
    void sends(OkHttpHealthCheck check) {
        checks.add(check);
    }

    /** Ends the checks, and closes idle connections. Doing it twice changes nothing. */
    @Override
    public void close() {
        for (OkHttpHealthCheck check : checks) {
            BalancedService checked = services.get(check.service());
            if (check.end() && checked != null) {
                checked.forgetHealthChecks();
            }
        }
        services.values().forEach(BalancedService::close);
    }
}
