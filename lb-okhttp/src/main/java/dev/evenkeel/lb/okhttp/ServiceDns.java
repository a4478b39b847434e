package dev.evenkeel.lb.okhttp;

import java.util.Map;
import okhttp3.Dns;

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

    /** Returns the look-ups in which every name means what it says; an endpoint may be called as its service is. */
    Dns client() {
        return client;
    }
}
