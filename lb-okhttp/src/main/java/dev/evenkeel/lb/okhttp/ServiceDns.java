package dev.evenkeel.lb.okhttp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import okhttp3.Dns;

/**
 * The client's look-ups, in which the name of a service leads to one of its endpoints: for a redirect from one service to another,
 * which OkHttp follows on its own. Such requests are balanced by connection, and nothing is learnt from them.
 */
final class ServiceDns implements Dns {
    private final Map<String, BalancedService> services;
    private final Dns client;

    ServiceDns(Map<String, BalancedService> services, Dns client) {
        this.services = services;
        this.client = client;
    }

    @Override
    public List<InetAddress> lookup(String hostname) throws UnknownHostException {
        BalancedService service = services.get(hostname);
        return service == null ? client.lookup(hostname) : service.pickAddresses();
    }

    /** Returns the look-ups in which every name means what it says; an endpoint may be called as its service is. */
    Dns client() {
        return client;
    }
}
