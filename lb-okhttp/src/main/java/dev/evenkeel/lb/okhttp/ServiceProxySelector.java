package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * The client's own proxies, except for balanced services: a proxy would pick the endpoint in our place.
 */
final class ServiceProxySelector extends ProxySelector {
    private final Set<String> services;
    private final ProxySelector original;

    ServiceProxySelector(Set<String> services, ProxySelector original) {
        this.services = services;
        this.original = original;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return services.contains(uri.getHost()) ? List.of(Proxy.NO_PROXY) : original.select(uri);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress proxy, IOException failure) {
        original.connectFailed(uri, proxy, failure);
    }
}
