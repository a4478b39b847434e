package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.ProxiedSocketAddress;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A description of an endpoint in the list, and what is known of its addresses. Used in the channel's context, except for what is final. */
final class ListedEndpoint {
    private static final List<SocketAddress> NOWHERE =
            List.of(InetSocketAddress.createUnresolved("no-address", 0)); // nobody connects to it

    private final Endpoint endpoint;
    private final Attributes attributes;
    private final boolean fixed;

    private EquivalentAddressGroup group;
    private boolean asked; // and not answered yet
    private boolean toldWithoutAnswer; // the channel knows that it waits for an answer

    /**
     * Creates one.
     *
     * @param before what was known by the description before this one, of the same server
     */
    ListedEndpoint(Endpoint endpoint, Attributes attributes, boolean fixed, @Nullable ListedEndpoint before) {
        this.endpoint = endpoint;
        this.attributes = attributes;
        this.fixed = fixed;
        this.group = before != null && before.hasAddress()
                ? new EquivalentAddressGroup(before.group.getAddresses(), attributes)
                : new EquivalentAddressGroup(
                        NOWHERE,
                        attributes.toBuilder()
                                .set(ServiceAttributes.IS_LOOKED_UP, true)
                                .build());
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Returns whether nothing needs to be looked up for it. */
    boolean isFixed() {
        return fixed;
    }

    /** Returns what the channel is told; the same object as long as that stays the same. */
    EquivalentAddressGroup group() {
        return group;
    }

    boolean hasAddress() {
        return !AddressBook.lacksAddress(group);
    }

    private boolean hasFailed() {
        return group.getAttributes().get(ServiceAttributes.NO_ADDRESS) != null;
    }

    /** Returns whether it is to be asked for as soon as it is in a list: again, if that failed before. */
    boolean isToBeAsked(boolean isNew) {
        return !asked && (hasFailed() || (isNew && !(fixed && hasAddress())));
    }

    /** Returns whether its addresses may have changed by themselves, so that they are asked for at an interval. */
    boolean mayMove() {
        return hasFailed()
                || (!fixed && hasAddress() && group.getAddresses().get(0) instanceof InetSocketAddress)
                || isProxied();
    }

    private boolean isProxied() {
        return group.getAddresses().get(0) instanceof ProxiedSocketAddress;
    }

    /** Returns whether they are asked for again when a connection is lost. */
    boolean isAskedWhenLost() {
        return !asked && (!fixed || hasFailed() || isProxied());
    }

    boolean isAsked() {
        return asked;
    }

    void asked() {
        asked = true;
    }

    /** Returns whether a channel that has not heard of it should wait a little, since there may soon be an answer. */
    boolean isAwaited() {
        return asked && !hasAddress() && !hasFailed() && !toldWithoutAnswer;
    }

    void told() {
        toldWithoutAnswer |= asked;
    }

    /** Takes an answer, and returns whether it is news for the channel. The last good addresses stay where there are no others. */
    boolean take(AddressFinder.Found found) {
        asked = false;
        if (found.isEmpty()) {
            return !hasAddress() && fail(found);
        }
        if (hasAddress() && isSame(found.addresses(), group.getAddresses())) {
            return false;
        }
        group = new EquivalentAddressGroup(found.addresses(), attributes);
        return true;
    }

    /** Name servers change the order with each answer. */
    private static boolean isSame(List<SocketAddress> some, List<SocketAddress> others) {
        return some.equals(others) || new HashSet<>(some).equals(new HashSet<>(others));
    }

    private boolean fail(AddressFinder.Found found) {
        Status status = Status.UNAVAILABLE.withDescription(found.whyNot()).withCause(found.cause());
        Status before = group.getAttributes().get(ServiceAttributes.NO_ADDRESS);
        if (before != null && Reasons.of(before).equals(Reasons.of(status))) {
            return false;
        }
        group = new EquivalentAddressGroup(
                NOWHERE,
                attributes.toBuilder().set(ServiceAttributes.NO_ADDRESS, status).build());
        return true;
    }
}
