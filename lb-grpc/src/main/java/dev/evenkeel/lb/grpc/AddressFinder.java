package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.ProxyDetector;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds where the connections to an endpoint go, as gRPC does for a target: by way of the channel's proxy if there is one for it, else to all IP
 * addresses of its name. Transports connect to IP addresses only. What is called here may block. Safe for use by many threads.
 */
final class AddressFinder {
    private final @Nullable Function<Endpoint, SocketAddress> addresses; // null for the endpoint's own
    private final HostLookup lookup;
    private final ProxyDetector proxies;

    AddressFinder(
            @Nullable Function<Endpoint, SocketAddress> addresses, @Nullable HostLookup lookup, ProxyDetector proxies) {
        this.addresses = addresses;
        this.lookup = lookup == null ? HostLookup.SYSTEM : lookup;
        this.proxies = proxies;
    }

    /** What was found of an endpoint: addresses, of which there are none if that failed. */
    record Found(
            List<SocketAddress> addresses,
            String whyNot,
            @Nullable Throwable cause) {
        boolean isEmpty() {
            return addresses.isEmpty();
        }
    }

    /** Returns whether its address is known and stays as it is, unless it is behind a proxy. */
    boolean isFixed(Endpoint endpoint) {
        return addresses == null && IpLiteral.parse(endpoint.host()).isPresent();
    }

    /** Never throws, whatever the user's code does. */
    Found find(Endpoint endpoint) {
        SocketAddress address;
        try {
            address = addresses == null ? EvenkeelGrpc.address(endpoint) : addresses.apply(endpoint);
        } catch (Throwable e) {
            return failed("EvenkeelGrpc.ADDRESSES failed for " + endpoint, e);
        }
        if (address == null) {
            return failed("EvenkeelGrpc.ADDRESSES has no address for " + endpoint, null);
        }
        return address instanceof InetSocketAddress inet ? reach(inet) : found(List.of(address));
    }

    private Found reach(InetSocketAddress address) {
        String host = address.getHostString();
        try {
            SocketAddress proxied = proxies.proxyFor(InetSocketAddress.createUnresolved(host, address.getPort()));
            if (proxied != null) {
                return found(List.of(proxied));
            }
        } catch (Throwable e) {
            return failed("the channel's proxy detector failed for " + host + ":" + address.getPort(), e);
        }
        return address.isUnresolved() ? lookUp(host, address.getPort()) : found(List.of(address));
    }

    private Found lookUp(String host, int port) {
        try {
            List<SocketAddress> all = lookup.lookup(host).stream()
                    .map(ip -> (SocketAddress) new InetSocketAddress(ip, port))
                    .distinct()
                    .toList();
            return all.isEmpty() ? failed("the host name " + host + " has no address", null) : found(all);
        } catch (Throwable e) {
            return failed("the host name " + host + " could not be looked up", e);
        }
    }

    private static Found found(List<SocketAddress> addresses) {
        return new Found(addresses, "", null);
    }

    private static Found failed(String why, @Nullable Throwable cause) {
        return new Found(List.of(), why, cause);
    }
}
