package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * The endpoints of a list as gRPC wants them. One that was in the last list, too, is the same object again: to make it costs more than all
 * else that a channel does with it, and the policy knows by it that nothing has changed. Used in the channel's context.
 */
final class AddressBook {
    /** How far ahead an endpoint is looked for: as many as may leave side by side before those after them are made anew. Guessed. */
    private static final int AHEAD = 16;

    private final Function<Endpoint, SocketAddress> addresses;

    // The last list; of the same size.
    private List<Endpoint> endpoints = List.of();
    private List<EquivalentAddressGroup> groups = List.of();

    AddressBook(Function<Endpoint, SocketAddress> addresses) {
        this.addresses = addresses;
    }

    /** Returns the groups of a list, in its order. Lists are nearly always in the order of the last one, so no table is needed. */
    List<EquivalentAddressGroup> groups(List<Endpoint> list) {
        List<EquivalentAddressGroup> found = new ArrayList<>(list.size());
        int at = 0;
        for (Endpoint endpoint : list) {
            int known = find(endpoint, at);
            if (known < 0) {
                found.add(group(endpoint));
            } else {
                found.add(groups.get(known));
                at = known + 1;
            }
        }
        endpoints = list;
        groups = List.copyOf(found);
        return groups;
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
        return new EquivalentAddressGroup(
                Objects.requireNonNull(
                        addresses.apply(endpoint), () -> "EvenkeelGrpc.ADDRESSES has no address for " + endpoint),
                Attributes.newBuilder()
                        .set(ServiceAttributes.ENDPOINT, endpoint)
                        .build());
    }
}
