package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a list as gRPC wants them. One that was in the last list, too, is the same object again: to make it costs more than all
 * else that a channel does with it, and the policy knows by it that nothing has changed. Used in the channel's context.
 */
final class AddressBook {
    /** How far ahead an endpoint is looked for: as many as may leave side by side before those after them are made anew. Guessed. */
    private static final int AHEAD = 16;

    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    private final Function<Endpoint, SocketAddress> addresses;

    private final Faults faults;

    // The last list; of the same size.
    private List<Endpoint> endpoints = List.of();
    private List<EquivalentAddressGroup> groups = List.of();
    private int lacking;
    private boolean saidBasePath;

    AddressBook(Function<Endpoint, SocketAddress> addresses, Faults faults) {
        this.addresses = addresses;
        this.faults = faults;
    }

    /** Returns whether there were endpoints without an address in the last list, which it may have the next time. */
    boolean lacksSome() {
        return lacking > 0;
    }

    /** Returns the groups of a list, in its order. Lists are nearly always in the order of the last one, so no table is needed. */
    List<EquivalentAddressGroup> groups(List<Endpoint> list) {
        List<EquivalentAddressGroup> found = new ArrayList<>(list.size());
        boolean lackedSome = lacksSome();
        lacking = 0;
        int at = 0;
        for (Endpoint endpoint : list) {
            int known = find(endpoint, at);
            boolean isAsked = known < 0 || (lackedSome && lacksAddress(groups.get(known)));
            found.add(isAsked ? group(endpoint) : groups.get(known));
            at = known < 0 ? at : known + 1;
        }
        endpoints = list;
        groups = List.copyOf(found);
        return groups;
    }

    /** Returns whether an endpoint has none, so that it cannot be connected to. */
    static boolean lacksAddress(EquivalentAddressGroup group) {
        return group.getAttributes().get(ServiceAttributes.NO_ADDRESS) != null;
    }

    /** Returns where the very same description stood, from this place on; negative if not near there. */
    @SuppressWarnings("ReferenceEquality") // another description of the same endpoint is news
    private int find(Endpoint endpoint, int from) {
        int end = Math.min(endpoints.size(), from + AHEAD);
        for (int i = from; i < end; i++) {
            if (endpoints.get(i) == endpoint) {
                return i;
            }
        }
        return -1;
    }

    private EquivalentAddressGroup group(Endpoint endpoint) {
        Attributes attributes = attributes(endpoint);
        try {
            SocketAddress address = addresses.apply(endpoint);
            return address == null
                    ? without(attributes, "EvenkeelGrpc.ADDRESSES has no address for " + endpoint, null)
                    : new EquivalentAddressGroup(address, attributes);
        } catch (RuntimeException e) {
            return without(attributes, "EvenkeelGrpc.ADDRESSES failed for " + endpoint, e);
        }
    }

    /** By the authority gRPC asks for the server, and has it prove that in TLS. Where a method is, gRPC alone says. */
    private Attributes attributes(Endpoint endpoint) {
        if (!endpoint.basePath().isEmpty() && !saidBasePath) {
            saidBasePath = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    endpoint + " has the base path " + endpoint.basePath()
                            + ", which has no effect over gRPC; it is logged only this once");
        }
        Attributes.Builder attributes = Attributes.newBuilder().set(ServiceAttributes.ENDPOINT, endpoint);
        endpoint.authority()
                .ifPresent(authority ->
                        attributes.set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, authority.toString()));
        return attributes.build();
    }

    /** An endpoint without an address is one that cannot be connected to, and harms no other. */
    private EquivalentAddressGroup without(Attributes attributes, String why, @Nullable RuntimeException cause) {
        if (lacking++ == 0) {
            faults.log("an endpoint has no address", new IllegalStateException(why, cause));
        }
        return new EquivalentAddressGroup(
                InetSocketAddress.createUnresolved("no-address", 0), // nobody connects to it
                attributes.toBuilder()
                        .set(
                                ServiceAttributes.NO_ADDRESS,
                                Status.UNAVAILABLE.withDescription(why).withCause(cause))
                        .build());
    }
}
