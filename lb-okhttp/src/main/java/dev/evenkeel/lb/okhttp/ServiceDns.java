package dev.evenkeel.lb.okhttp;

import java.net.UnknownHostException;
import java.util.Map;
import okhttp3.Dns;
import org.jspecify.annotations.Nullable;

/** What names mean to a client: those of its services lead to endpoints, and others are looked up as it looks them up. */
final class ServiceDns {
    private final Map<String, BalancedService> services;
    private final Dns client;

    ServiceDns(Map<String, BalancedService> services, Dns client) {
        this.services = services;
        this.client = client;
    }

    boolean isService(String host) {
        return services.containsKey(host);
    }

    /**
     * Returns where a request for a host goes that another host's answer led to; null if that is no service.
     *
     * @throws UnknownHostException if the service has no endpoint for it, saying why
     */
    @Nullable
    PinnedEndpoint pick(String host) throws UnknownHostException {
        BalancedService service = services.get(host);
        return service == null ? null : service.pick();
    }

    /** Returns the look-ups in which every name means what it says; an endpoint may be called as its service is. */
    Dns client() {
        return client;
    }
}
