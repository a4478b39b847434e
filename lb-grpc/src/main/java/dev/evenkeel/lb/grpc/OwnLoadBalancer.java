package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.Omissions;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.EquivalentAddressGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The load balancer that a policy makes for itself where another resolver than ours finds the addresses: that of a control plane, for
 * {@code xds:///} targets, or gRPC's own for DNS. Its list is what gRPC hands over, and its settings are the defaults. It lasts as long as its
 * policy, which gRPC ends with the channel or when that has been idle for long, half an hour by default: by then nothing that was learnt is
 * news.
 */
final class OwnLoadBalancer implements AutoCloseable {
    private final MutableEndpointSource source = MutableEndpointSource.of();
    private final LoadBalancer service;

    /**
     * Makes one without endpoints.
     *
     * @param authority the channel's; names the service where it can
     */
    OwnLoadBalancer(String authority) {
        service = LoadBalancer.builder(name(authority)).endpoints(source).build();
    }

    LoadBalancer service() {
        return service;
    }

    /**
     * Takes a whole list, and returns it with the endpoint of each address. An address that is not one of the Internet is left out, and the load
     * balancer says so.
     *
     * @throws IllegalArgumentException if there are addresses, and none of them can be used
     */
    List<EquivalentAddressGroup> take(List<EquivalentAddressGroup> groups) {
        List<Endpoint> endpoints = new ArrayList<>(groups.size());
        List<EquivalentAddressGroup> marked = new ArrayList<>(groups.size());
        Omissions omitted = Omissions.NONE;
        for (EquivalentAddressGroup group : groups) {
            try {
                Endpoint endpoint = endpoint(group);
                endpoints.add(endpoint);
                marked.add(new EquivalentAddressGroup(
                        group.getAddresses(),
                        group.getAttributes().toBuilder()
                                .set(ServiceAttributes.ENDPOINT, endpoint)
                                .build()));
            } catch (IllegalArgumentException e) {
                omitted = omitted.and(String.valueOf(e.getMessage()));
            }
        }
        if (endpoints.isEmpty() && !omitted.isEmpty()) {
            throw new IllegalArgumentException(omitted.toString());
        }
        source.set(endpoints, omitted);
        return marked;
    }

    private static Endpoint endpoint(EquivalentAddressGroup group) {
        return endpoint(group.getAddresses().get(0)).withLocality(LocalityName.locality(group.getAttributes()));
    }

    private static Endpoint endpoint(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            throw new IllegalArgumentException(
                    "address " + OneLine.quote(String.valueOf(address)) + " must have a host and a port");
        }
        InetAddress ip = inet.getAddress();
        return Endpoint.of(ip == null ? inet.getHostString() : ip.getHostAddress(), inet.getPort());
    }

    /** Events and messages carry the name; an authority may also be an address, or hold what no name can. */
    private static String name(String authority) {
        String host = authority.toLowerCase(Locale.ROOT).replaceFirst(":[0-9]+$", "");
        boolean address = host.chars().noneMatch(c -> c >= 'a' && c <= 'z');
        String name =
                host.replaceAll(address ? "[^0-9]+" : "[^a-z0-9_.-]+", "-").replaceAll("^[-.]+|[-.]+$", "");
        return name.isEmpty() || name.length() > 63 ? "unnamed" : address ? "at-" + name : name;
    }

    @Override
    public void close() {
        service.close();
    }
}
