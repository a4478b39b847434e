package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.lang.ref.Reference;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import org.jspecify.annotations.Nullable;

/**
 * One service of a client: who decides, and the connections to each of its endpoints. Endpoints appear when they are first used and
 * vanish when they leave the list, so that a list which changes for ever does not fill the memory. Safe for use by many threads.
 */
final class BalancedService implements LoadBalancerListener, AutoCloseable {
    private final LoadBalancer loadBalancer;
    private final ServiceDns names;
    private final PoolSettings poolSettings;
    private final Destinations destinations;
    private final ConcurrentMap<String, PinnedEndpoint> byAddress = new ConcurrentHashMap<>();
    private final LoadBalancer.Registration registration;
    private volatile @Nullable Owner owner; // written when its client has been built

    BalancedService(LoadBalancer loadBalancer, ServiceDns names, PoolSettings poolSettings, Destinations destinations) {
        this.loadBalancer = loadBalancer;
        this.names = names;
        this.poolSettings = poolSettings;
        this.destinations = destinations;
        this.registration = loadBalancer.addListener(this);
    }

    /** The client that a service belongs to, and what is to be done when that is gone. */
    private record Owner(Reference<?> client, Runnable close) {}

    /** From now on the service is of use only as long as something is referred to. Its load balancer may live for ever. */
    void belongTo(Reference<?> client, Runnable close) {
        owner = new Owner(client, close);
    }

    String name() {
        return loadBalancer.service();
    }

    /** Returns what requests ask of the place they go to. */
    Destinations destinations() {
        return destinations;
    }

    BalancedCall newCall(RequestInfo request) {
        return loadBalancer.newCall(request);
    }

    boolean isFirstListAwaited() {
        return loadBalancer.isFirstListAwaited();
    }

    /** Runs something quick as soon as the first list is no longer awaited. */
    void whenFirstListIsOver(Runnable task) {
        CompletionStage<Void> unused = loadBalancer.firstList().thenRun(task);
    }

    /** Returns the connections to an endpoint. */
    PinnedEndpoint pin(Endpoint endpoint) {
        String address = endpoint.address();
        PinnedEndpoint known = byAddress.get(address);
        return known != null ? known : byAddress.computeIfAbsent(address, key -> connect(endpoint));
    }

    private PinnedEndpoint connect(Endpoint endpoint) {
        ConnectionPool pool = new ConnectionPool(
                poolSettings.maxIdlePerEndpoint(), poolSettings.keepAlive().toNanos(), TimeUnit.NANOSECONDS);
        return new PinnedEndpoint(name(), endpoint, names, pool, new IdleConnections(poolSettings.ticker()));
    }

    /**
     * Follows the list. An attempt that was picked just before its endpoint left may bring it back here just after; it is then
     * forgotten when that attempt has ended, which is when the endpoint is reported as drained.
     */
    @Override
    public void onEvent(Event event) {
        closeIfAbandoned();
        Endpoint endpoint = event.endpoint();
        if (endpoint == null) {
            return;
        }
        if (event.type() == Event.Type.REMOVED || event.type() == Event.Type.DRAINED) {
            PinnedEndpoint gone = byAddress.remove(endpoint.address());
            if (gone != null) {
                gone.retire();
            }
        } else if (event.type() == Event.Type.UNAVAILABLE) {
            PinnedEndpoint out = byAddress.get(endpoint.address());
            if (out != null) {
                out.rest();
            }
        }
    }

    @Override
    public boolean isInterestedIn(Event.Type type) {
        return type == Event.Type.REMOVED || type == Event.Type.DRAINED || type == Event.Type.UNAVAILABLE;
    }

    @Override
    public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        closeIfAbandoned();
    }

    private void closeIfAbandoned() {
        Owner now = owner;
        if (now != null && now.client().get() == null) {
            owner = null;
            now.close().run();
        }
    }

    /** Closes the connections that are idle. */
    void evictAll() {
        byAddress.values().forEach(endpoint -> endpoint.pool().evictAll());
    }

    /** Nothing sends the service's health checks any more. */
    void forgetHealthChecks() {
        loadBalancer.forgetHealthChecks();
    }

    /** Returns how many endpoints connections are kept for. */
    int endpoints() {
        return byAddress.size();
    }

    /** Stops following the list and closes idle connections. The load balancer itself goes on. */
    @Override
    public void close() {
        registration.close();
        byAddress.values().forEach(PinnedEndpoint::retire);
        byAddress.clear();
    }
}
