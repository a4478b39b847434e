package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.LoadBalancers;
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
    private final Wrapping wrapping;

    EvenkeelOkHttp(OkHttpClient client, Wrapping wrapping) {
        this.client = client;
        this.wrapping = wrapping;
    }

    /**
     * Returns a client like the given one that balances requests to the services. The given client is not changed; the two share
     * threads, and connections to other hosts.
     *
     * <p>Make it once and keep it, not for each request: each has its own connections to endpoints. {@link #of} gives what closes it.
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

    /**
     * Returns what belongs to a balanced client, or to one derived from it by {@code newBuilder()}: for what {@link #wrap} returned, above
     * all to close it.
     *
     * @throws IllegalArgumentException if the client is not balanced
     */
    public static EvenkeelOkHttp of(OkHttpClient client) {
        LoadBalancingInterceptor interceptor = LoadBalancingInterceptor.find(client);
        if (interceptor == null) {
            throw new IllegalArgumentException("the client is not balanced: neither wrap nor builder has returned it");
        }
        return new EvenkeelOkHttp(client, interceptor.wrapping());
    }

    /** Returns the client. */
    public OkHttpClient client() {
        return client;
    }

    /**
     * Returns how many requests were about to go to another endpoint than the one that was picked, or to another host. They are not sent:
     * the call fails. It stays 0 unless an interceptor that was added after wrapping chooses where requests go, or a new OkHttp finds
     * connections in a new way; tell us of the latter.
     */
    public long misrouted() {
        return wrapping.anomalies().misrouted();
    }

    /**
     * Returns how many responses were never closed, as far as the garbage collector has found out. Each is a bug in the program, and
     * holds a connection until then.
     */
    public long leaked() {
        return wrapping.anomalies().leaks().leaked();
    }

    /**
     * Closes the connections to endpoints that are idle now; others stay. Each endpoint has a pool of its own, so {@code evictAll} of the
     * client's pool closes those to other hosts alone.
     */
    public void evictAll() {
        wrapping.services().values().forEach(BalancedService::evictAll);
    }

    /**
     * Closes idle connections to endpoints, and those in use when their calls end. The client and the load balancers are not closed;
     * requests that are made all the same find their way. Health checks that this client sent end, and endpoints that were out for them are
     * back. Doing it twice changes nothing. A client that is no longer referred to is closed too, at the next event or attempt of its load
     * balancer after the garbage collector has found out.
     */
    @Override
    public void close() {
        wrapping.close();
    }
}
