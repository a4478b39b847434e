package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.LoadBalancers;
import java.util.Collection;
import java.util.List;
import okhttp3.OkHttpClient;

/**
 * An OkHttp client whose requests to the names of services are balanced over their endpoints.
 *
 * <pre>{@code
 * LoadBalancers services = LoadBalancers.of(LoadBalancer.builder("orders.svc").endpoints(source).build());
 * OkHttpClient client = EvenkeelOkHttp.wrap(new OkHttpClient(), services);
 * Response response = client.newCall(new Request.Builder().url("https://orders.svc/v1/42").build()).execute();
 * }</pre>
 *
 * <p>The URL names the service, and Host header, TLS name, certificate check, cookies, cache and redirects go by it; its port is not
 * used, for endpoints have their own. Requests to other hosts are not affected. Retries are the load balancer's alone for services:
 * {@code retryOnConnectionFailure} and proxies of the client do not apply to them.
 *
 * <p>Wrap last: interceptors that are added to the client afterwards see every attempt, and requests to {@code lb-release.invalid}
 * that never leave the process; but not of services that hedge or have an attempt timeout. Make one client for an application and keep
 * it. Safe for use by many threads.
 */
public final class EvenkeelOkHttp implements AutoCloseable {
    private final OkHttpClient client;
    private final Collection<BalancedService> services;
    private final Anomalies anomalies;
    private final Collection<OkHttpHealthCheck> checks;

    EvenkeelOkHttp(
            OkHttpClient client,
            Collection<BalancedService> services,
            Anomalies anomalies,
            Collection<OkHttpHealthCheck> checks) {
        this.client = client;
        this.services = List.copyOf(services);
        this.anomalies = anomalies;
        this.checks = List.copyOf(checks);
    }

    /**
     * Returns a client like the given one that balances requests to the services. The given client is not changed; the two share
     * threads, and connections to other hosts.
     *
     * @throws IllegalArgumentException if the client is balanced already, or there are no services
     * @throws IllegalStateException if OkHttp is older than 5.4
     */
    public static OkHttpClient wrap(OkHttpClient client, LoadBalancers services) {
        return builder(client, services).build().client();
    }

    /**
     * Begins to describe a balanced client.
     *
     * @throws IllegalArgumentException if the client is balanced already, or there are no services
     * @throws IllegalStateException if OkHttp is older than 5.4
     */
    public static EvenkeelOkHttpBuilder builder(OkHttpClient client, LoadBalancers services) {
        return new EvenkeelOkHttpBuilder(client, services);
    }

    /** Returns the client. */
    public OkHttpClient client() {
        return client;
    }

    /**
     * Returns how many requests went to another endpoint than the one that was picked. It stays 0 unless a new OkHttp finds
     * connections in a new way; tell us if you ever see another number.
     */
    public long misrouted() {
        return anomalies.misrouted();
    }

    /**
     * Returns how many responses were never closed, as far as the garbage collector has found out. Each is a bug in the program, and
     * holds a connection until then.
     */
    public long leaked() {
        return anomalies.leaks().leaked();
    }

    /**
     * Closes idle connections to endpoints, and those in use when their calls end. The client and the load balancers are not closed;
     * requests that are made all the same find their way. Health checks that this client sent end, and endpoints that were out for them are back.
     */
    @Override
    public void close() {
        for (OkHttpHealthCheck check : checks) {
            if (check.end()) {
                services.stream()
                        .filter(service -> service.name().equals(check.service()))
                        .forEach(BalancedService::forgetHealthChecks);
            }
        }
        services.forEach(BalancedService::close);
    }
}
