package dev.evenkeel.lb.okhttp;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What a wrapped client has that its original has not, and that is closed with it.
 *
 * @param services its services by name
 * @param anomalies what should not happen in it, counted
 * @param checks the health checks that it sends
 */
record Wrapping(Map<String, BalancedService> services, Anomalies anomalies, Collection<OkHttpHealthCheck> checks)
        implements AutoCloseable {
    Wrapping {
        services = Map.copyOf(services);
        checks = List.copyOf(checks);
    }

    /** Ends the checks, and closes idle connections. Doing it twice changes nothing. */
    @Override
    public void close() {
        checks.forEach(check -> check.use(null));
        services.values().forEach(BalancedService::close);
    }
}
