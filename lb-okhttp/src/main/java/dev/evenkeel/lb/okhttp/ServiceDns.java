package dev.evenkeel.lb.okhttp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import okhttp3.Dns;

/** What names mean to a client: those of its services lead to endpoints, and others are looked up as it looks them up. */
final class ServiceDns {
    private final Map<String, BalancedService> services;
    private final Dns client;
    private final boolean tlsFallback;
    private final PinnedAddresses addresses = new PinnedAddresses();
    private final ConcurrentMap<String, Spoken> spoken = new ConcurrentHashMap<>(); // by service

    ServiceDns(Map<String, BalancedService> services, Dns client) {
        this(services, client, false);
    }

    /**
     * Creates the names of a client.
     *
     * @param tlsFallback whether it has a second way to speak TLS, for servers that do not understand the first
     */
    ServiceDns(Map<String, BalancedService> services, Dns client, boolean tlsFallback) {
        this.services = services;
        this.client = client;
        this.tlsFallback = tlsFallback;
    }

    boolean hasTlsFallback() {
        return tlsFallback;
    }

    boolean isService(String host) {
        return services.containsKey(host);
    }

    /** Returns what is known of whether a service speaks TLS. */
    Spoken spoken(String service) {
        return spoken.computeIfAbsent(service, name -> new Spoken());
    }

    /** Returns the addresses by which OkHttp knows endpoints. */
    PinnedAddresses addresses() {
        return addresses;
    }

    /** Returns the look-ups in which every name means what it says; an endpoint may be called as its service is. */
    Dns client() {
        return client;
    }
}
