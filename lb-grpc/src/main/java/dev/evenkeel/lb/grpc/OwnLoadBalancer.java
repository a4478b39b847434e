package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.endpoint.Omissions;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.HttpConnectProxiedSocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The load balancer that a policy makes for itself where another resolver than ours finds the addresses: that of a control plane, for
 * {@code xds:///} targets, or gRPC's own for DNS. Its list is what gRPC hands over, and its settings are the defaults, but for
 * that it believes its lists at once. It lasts as long as its
 * policy, which gRPC ends with the channel or when that has been idle for long, half an hour by default: by then nothing that was learnt is
 * news.
 */
final class OwnLoadBalancer implements LoadBalancerListener, AutoCloseable {
    private final MutableEndpointSource source = MutableEndpointSource.of();
    private final LoadBalancer service;
    private final Runnable changed;

    // Of the latest list, in the channel's context.
    private Map<String, EquivalentAddressGroup> byId = Map.of();
    private Set<SocketAddress> names = Set.of(); // the address of each group that its endpoint is named after

    /**
     * Makes one without endpoints. Its lists are believed at once: gRPC has connections to nothing else.
     *
     * @param authority the channel's; names the service where it can
     * @param changed is run on any thread when {@link #used} may have changed
     */
    OwnLoadBalancer(String authority, Runnable changed) {
        this.changed = changed;
        service = LoadBalancer.builder(name(authority))
                .endpoints(source)
                .listHold(Duration.ZERO)
                .listener(this)
                .build();
    }

    LoadBalancer service() {
        return service;
    }

    /**
     * Takes a whole list, and returns it with the endpoint of each group. An address that is not one of the Internet, nor behind an HTTP proxy, is
     * left out, and the load balancer says so.
     *
     * @throws IllegalArgumentException if there are addresses, and none of them can be used
     */
    List<EquivalentAddressGroup> take(List<EquivalentAddressGroup> groups) {
        List<Endpoint> endpoints = new ArrayList<>(groups.size());
        Map<String, EquivalentAddressGroup> marked = new LinkedHashMap<>();
        Set<SocketAddress> newNames = new HashSet<>();
        Omissions omitted = Omissions.NONE;
        for (EquivalentAddressGroup group : groups) {
            List<SocketAddress> usable = new ArrayList<>();
            for (SocketAddress address : group.getAddresses()) {
                try {
                    endpoint(address);
                    usable.add(address);
                } catch (IllegalArgumentException e) {
                    omitted = omitted.and(String.valueOf(e.getMessage()));
                }
            }
            if (!usable.isEmpty()) {
                Endpoint endpoint =
                        endpoint(name(usable, newNames)).withLocality(LocalityName.locality(group.getAttributes()));
                endpoints.add(endpoint);
                marked.put(endpoint.id(), marked(usable, group.getAttributes(), endpoint));
            }
        }
        if (endpoints.isEmpty() && !omitted.isEmpty()) {
            throw new IllegalArgumentException(omitted.toString());
        }
        byId = marked;
        names = newNames;
        source.set(endpoints, omitted);
        return List.copyOf(marked.values());
    }

    private static EquivalentAddressGroup marked(
            List<SocketAddress> addresses, Attributes attributes, Endpoint endpoint) {
        return new EquivalentAddressGroup(
                addresses,
                attributes.toBuilder().set(ServiceAttributes.ENDPOINT, endpoint).build());
    }

    /** Returns which of a group's addresses its endpoint is named after: the one that it was before, though others came and went; else the first. */
    private SocketAddress name(List<SocketAddress> group, Set<SocketAddress> taken) {
        for (SocketAddress address : group) {
            if (names.contains(address) && taken.add(address)) {
                return address;
            }
        }
        for (SocketAddress address : group) {
            if (taken.add(address)) {
                return address;
            }
        }
        return group.get(0);
    }

    /** Returns the groups of the endpoints that are used of the list: of a long one, a part. */
    List<EquivalentAddressGroup> used() {
        return service.usedEndpoints().stream()
                .map(endpoint -> byId.get(endpoint.id()))
                .filter(Objects::nonNull)
                .toList();
    }

    /** Returns whether the load balancer has yet to take the list that gRPC told last. */
    boolean isBehind() {
        return !byId.isEmpty() && service.usedEndpoints().stream().noneMatch(used -> byId.containsKey(used.id()));
    }

    @Override
    public void onEvent(Event event) {
        changed.run();
    }

    @Override
    public boolean isInterestedIn(Event.Type type) {
        return ServiceResolver.concernsTheList(type);
    }

    private static Endpoint endpoint(SocketAddress address) {
        if (address instanceof HttpConnectProxiedSocketAddress proxied) {
            return endpoint(proxied.getTargetAddress());
        }
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
