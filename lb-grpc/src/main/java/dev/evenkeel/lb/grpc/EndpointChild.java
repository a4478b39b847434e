package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.LoadBalancerProvider;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.util.ForwardingLoadBalancerHelper;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint's connection in one channel, kept by gRPC's own {@code pick_first} over its addresses. Used in the channel's context,
 * except for what pickers ask: {@link #isReady}, {@link #hasFailed}, {@link #leafPicker} and {@link #result}.
 */
final class EndpointChild {
    private static final int NONE = -1;
    private static final PickSubchannelArgs NO_CALL = new NoCall();

    private final LoadBalancer.Helper channel;
    private final LoadBalancerProvider leafProvider;
    private final OpenCalls openCalls; // the channel's
    private final Owner owner;

    private EquivalentAddressGroup address; // of the latest list
    private Endpoint endpoint; // of the latest list
    private int list = NONE; // the number of the latest that it was in
    private boolean ended;
    private boolean everReady;
    private int parkedSince = NONE; // the number of the first list without it; NONE while it is in the list
    private boolean resting; // may not reconnect just now
    private volatile boolean failed; // did not connect since it was ready last
    private ConnectivityState state = ConnectivityState.IDLE;
    private @Nullable LoadBalancer leaf; // null before connecting and after the end
    private @Nullable LeafHelper helper; // the leaf's
    private volatile @Nullable SubchannelPicker leafPicker;
    private volatile @Nullable SubchannelPicker readyPicker; // null unless ready

    private volatile Silence silence; // of this connection, or while there is none of the one before

    private final Result[] results =
            new Result[CallShape.values().length]; // by any thread, the last wins: they are alike

    /** Whom a child tells of its state. */
    interface Owner {
        void changed(EndpointChild child, boolean wasReady, boolean hadFailed);

        /** Learns that a connection was given up, as its endpoint is not in the list, or not any more. */
        default void removed(EndpointChild child) {}

        /** Learns that an endpoint has other addresses than before. */
        default void moved(EndpointChild child) {}

        /** Learns that calls ran into their deadlines, and nothing came over its connection; on any thread. */
        default void suspected(EndpointChild child, Silence silence) {}
    }

    /** What a pick comes to, as long as the leaf and the load balancer say the same. */
    private record Result(PickResult ofLeaf, Pick pick, PickResult ours) {
        @SuppressWarnings("ReferenceEquality") // whoever makes another object means another thing by it
        boolean isFor(PickResult newOfLeaf, Pick newPick) {
            return ofLeaf == newOfLeaf && pick == newPick;
        }
    }

    EndpointChild(
            LoadBalancer.Helper channel,
            LoadBalancerProvider leafProvider,
            OpenCalls openCalls,
            Owner owner,
            EquivalentAddressGroup address,
            Endpoint endpoint) {
        this.channel = channel;
        this.leafProvider = leafProvider;
        this.openCalls = openCalls;
        this.owner = owner;
        this.address = address;
        this.endpoint = endpoint;
        this.silence = newSilence();
    }

    private Silence newSilence() {
        return new Silence(openCalls, its -> owner.suspected(this, its));
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Returns whether a description is of this very server. */
    boolean isAt(Endpoint other) {
        return endpoint.id().equals(other.id()) && endpoint.isSameServerAs(other);
    }

    EquivalentAddressGroup address() {
        return address;
    }

    /**
     * Learns that it is in a list, perhaps again, and has its leaf know of a change of addresses or attributes: that keeps a connection to an
     * address that stays.
     */
    void listed(Endpoint description, EquivalentAddressGroup group, int number) {
        EquivalentAddressGroup before = address;
        endpoint = description;
        address = group;
        list = number;
        parkedSince = NONE;
        LoadBalancer told = leaf;
        if (told != null && !isSameForLeaf(before, group)) {
            tellAddress(told);
        }
    }

    /** What we know of an endpoint concerns no connection, and changes more often. */
    @SuppressWarnings("ReferenceEquality") // only to be quick
    private static boolean isSameForLeaf(EquivalentAddressGroup some, EquivalentAddressGroup other) {
        return some == other
                || (some.getAddresses().equals(other.getAddresses())
                        && ofOthers(some.getAttributes()).equals(ofOthers(other.getAttributes())));
    }

    private static Attributes ofOthers(Attributes attributes) {
        return attributes.toBuilder().discard(ServiceAttributes.ENDPOINT).build();
    }

    /** Returns whether connections to the group's addresses are of the same authority, which an open one cannot change. */
    boolean isServedAs(EquivalentAddressGroup group) {
        return Objects.equals(
                address.getAttributes().get(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE),
                group.getAttributes().get(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE));
    }

    /** Learns that it is in a list, as it was in the one before. */
    void stay(int number) {
        list = number;
    }

    /** Returns whether the list with this number was the latest that it was in. */
    boolean isIn(int number) {
        return list == number;
    }

    /** Ends it, and not only its connection. */
    void end() {
        ended = true;
        shutdown();
    }

    boolean isEnded() {
        return ended;
    }

    /** Returns whether the endpoint cannot be connected to, and could be before. */
    boolean wasLost() {
        return failed && everReady;
    }

    /** Learns that it is not in the list with this number, and is kept for a while. */
    void park(int number) {
        parkedSince = number;
    }

    boolean isParked() {
        return parkedSince != NONE;
    }

    /** Returns whether it was in no list since the one with this number, which was the first without it. */
    boolean isParkedSince(int number) {
        return parkedSince == number;
    }

    boolean hasFailed() {
        return failed;
    }

    boolean isReady() {
        return readyPicker != null;
    }

    ConnectivityState state() {
        return state;
    }

    @Nullable
    SubchannelPicker leafPicker() {
        return leafPicker;
    }

    /** Returns whether it was told where to connect to. */
    boolean hasAddress() {
        return !AddressBook.lacksAddress(address);
    }

    /** Begins to connect, or fails to; after its connection was lost as well as for the first time. */
    void connect() {
        if (leaf != null) {
            state = ConnectivityState.CONNECTING;
            leaf.requestConnection();
            return;
        }
        Status whyNot = address.getAttributes().get(ServiceAttributes.NO_ADDRESS);
        if (whyNot != null) {
            update(ConnectivityState.TRANSIENT_FAILURE, new FixedPicker(PickResult.withError(whyNot)));
            return;
        }
        if (AddressBook.isLookedUp(address)) {
            state = ConnectivityState.CONNECTING;
            return; // another child begins when there is an address
        }
        LeafHelper itsHelper = new LeafHelper();
        LoadBalancer begun = leafProvider.newLoadBalancer(itsHelper);
        leaf = begun;
        helper = itsHelper;
        state = ConnectivityState.CONNECTING;
        tellAddress(begun);
    }

    private void tellAddress(LoadBalancer to) {
        to.acceptResolvedAddresses(LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(List.of(address))
                .setAttributes(Attributes.newBuilder()
                        .set(LoadBalancer.IS_PETIOLE_POLICY, true)
                        .build())
                .build());
    }

    /** Ends an attempt to connect that is taking too long. */
    void fail(Status why) {
        if (state == ConnectivityState.CONNECTING) {
            update(ConnectivityState.TRANSIENT_FAILURE, new FixedPicker(PickResult.withError(why)));
        }
    }

    /** Leaves nothing of an attempt to connect that failed, except that it did. */
    void rest() {
        if (state == ConnectivityState.TRANSIENT_FAILURE) {
            endLeaf();
        }
    }

    /** Returns why it cannot be connected to, in words. */
    String whyFailed() {
        SubchannelPicker picker = leafPicker;
        return picker == null ? "" : Reasons.of(picker.pickSubchannel(NO_CALL).getStatus());
    }

    /** Returns whether there is a pause before it is tried again, which is not to be cut short. */
    boolean isBackingOff() {
        return state == ConnectivityState.TRANSIENT_FAILURE && !isParked() && !resting;
    }

    /** Returns what is heard over its connection, or was over the last one. */
    Silence silence() {
        return silence;
    }

    /** Returns whether calls that were sent over its connection have not ended. Those of other channels do not count. */
    boolean isWaitedFor() {
        return isReady() && silence.over() != null && silence.isInFlight();
    }

    /** Returns whether it is connected, and by what that is heard over. */
    boolean isConnectedOver(Silence connection) {
        return isReady() && silence == connection;
    }

    /** Returns whether its connection may be replaced by another one. */
    boolean isReplaceable() {
        return isReady() && !isParked() && !resting;
    }

    /** Gives up its connection, or its pause, for another one that is to be made now; not again before {@link #rested}. */
    void giveUp() {
        resting = true;
        shutdown();
        leafPicker = null;
    }

    void rested() {
        resting = false;
    }

    void shutdown() {
        parkedSince = NONE;
        readyPicker = null;
        state = ConnectivityState.IDLE;
        endLeaf();
    }

    private void endLeaf() {
        LoadBalancer itsLeaf = leaf;
        leaf = null;
        helper = null;
        if (itsLeaf != null) {
            itsLeaf.shutdown();
        }
    }

    /** Returns what a pick of this endpoint comes to; null if it is not connected. */
    @Nullable
    PickResult result(PickSubchannelArgs args, ChannelView view, Pick pick) {
        SubchannelPicker connected = readyPicker;
        if (connected == null) {
            return null;
        }
        PickResult ofLeaf = connected.pickSubchannel(args);
        CallShape shape = CallShape.of(args.getMethodDescriptor());
        boolean ordinary = !pick.isTrial();
        Result known = ordinary ? results[shape.index()] : null;
        if (known != null && known.isFor(ofLeaf, pick)) {
            return known.ours(); // before we look into the leaf's result, which is one more place in memory
        }
        if (ofLeaf.getSubchannel() == null) {
            return ofLeaf;
        }
        Silence its = silence;
        if (readyPicker == connected) { // and so both are of the same connection
            its.isOver(ofLeaf.getSubchannel());
        }
        PickResult ours = traced(ofLeaf, new AttemptTracerFactory(view, pick, shape, its));
        if (ordinary) {
            results[shape.index()] = new Result(ofLeaf, pick, ours);
        }
        return ours;
    }

    private static PickResult traced(PickResult ofLeaf, AttemptTracerFactory factory) {
        return PickResult.withSubchannel(ofLeaf.getSubchannel(), factory.forGrpc());
    }

    private void update(ConnectivityState newState, SubchannelPicker picker) {
        boolean wasReady = isReady();
        boolean hadFailed = failed;
        state = newState;
        if (!failed || newState == ConnectivityState.READY || newState == ConnectivityState.TRANSIENT_FAILURE) {
            leafPicker = picker; // else it is tried again, and calls need not wait for that
        }
        if (newState != ConnectivityState.READY) {
            readyPicker = null;
            silence.ends();
        } else if (wasReady) {
            readyPicker = picker;
        } else {
            silence = newSilence(); // nothing is held against a new connection
            readyPicker = picker;
        }
        everReady |= newState == ConnectivityState.READY;
        failed = newState == ConnectivityState.TRANSIENT_FAILURE || (failed && newState != ConnectivityState.READY);
        owner.changed(this, wasReady, hadFailed);
    }

    /** For a picker that is asked how connecting failed, and not for a call. */
    private static final class NoCall extends PickSubchannelArgs {
        @Override
        public CallOptions getCallOptions() {
            return CallOptions.DEFAULT;
        }

        @Override
        public Metadata getHeaders() {
            return new Metadata();
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            return HealthMessages.CHECK;
        }
    }

    /** Stands between the leaf and the channel. */
    private final class LeafHelper extends ForwardingLoadBalancerHelper {
        @Override
        protected LoadBalancer.Helper delegate() {
            return channel;
        }

        @Override
        public void updateBalancingState(ConnectivityState newState, SubchannelPicker picker) {
            if (helper == this) { // else it is what a leaf says that was shut down
                update(newState, picker);
            }
        }

        /** The server may have moved, or others may have joined: whoever resolves knows how often to look. */
        @Override
        public void refreshNameResolution() {
            if (helper == this) {
                channel.refreshNameResolution();
            }
        }
    }
}
