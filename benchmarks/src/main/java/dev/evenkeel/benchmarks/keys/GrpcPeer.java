package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.SynchronizationContext;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** A gRPC balancer without a transport: whoever is asked to connect is connected. */
final class GrpcPeer extends LoadBalancer.Helper implements AutoCloseable {
    /** Not public: the resolver of xDS sets it. */
    @SuppressWarnings("unchecked")
    private static final CallOptions.Key<Long> HASH =
            (CallOptions.Key<Long>) constant("io.grpc.xds.XdsNameResolver", "RPC_HASH_KEY");

    @SuppressWarnings("unchecked")
    private static final Attributes.Key<Long> WEIGHT =
            (Attributes.Key<Long>) constant("io.grpc.xds.XdsAttributes", "ATTR_SERVER_WEIGHT");

    private final SynchronizationContext context = new SynchronizationContext((thread, e) -> {
        throw new IllegalStateException(e);
    });
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "grpc-peer");
        thread.setDaemon(true);
        return thread;
    });
    private LoadBalancer.@Nullable SubchannelPicker picker;

    private GrpcPeer() {}

    /** Opens a balancer over these endpoints and their weights. */
    static GrpcPeer open(String policy, Map<String, ?> config, List<Endpoint> endpoints) {
        LoadBalancerProvider provider =
                Objects.requireNonNull(LoadBalancerRegistry.getDefaultRegistry().getProvider(policy), policy);
        GrpcPeer peer = new GrpcPeer();
        ConfigOrError parsed = provider.parseLoadBalancingPolicyConfig(config);
        if (parsed.getError() != null) {
            throw new IllegalArgumentException(parsed.getError().toString());
        }
        LoadBalancer balancer = provider.newLoadBalancer(peer);
        List<EquivalentAddressGroup> addresses = endpoints.stream()
                .map(endpoint -> new EquivalentAddressGroup(
                        new Address(endpoint.address()),
                        Attributes.newBuilder()
                                .set(WEIGHT, (long) endpoint.weight())
                                .build()))
                .toList();
        peer.context.execute(() -> balancer.acceptResolvedAddresses(LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(addresses)
                .setLoadBalancingPolicyConfig(parsed.getConfig())
                .build()));
        return peer;
    }

    /** Connects also those whom a ring connects only when they are picked, each by a key that is its first point. */
    void connectAll(List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            addressOf(request(RequestKey.of(endpoint.address() + "_0").hash()));
        }
    }

    /** Returns the picker of now; picks of a ring that lead to nobody connect somebody, and then there is another. */
    LoadBalancer.SubchannelPicker picker() {
        return Objects.requireNonNull(picker);
    }

    /** Returns the address where a request goes, once that is connected. */
    String addressOf(LoadBalancer.PickSubchannelArgs args) {
        for (int i = 0; i < 3; i++) {
            LoadBalancer.Subchannel subchannel = picker().pickSubchannel(args).getSubchannel();
            if (subchannel != null) {
                return subchannel.getAllAddresses().get(0).getAddresses().get(0).toString();
            }
        }
        throw new IllegalStateException(picker().pickSubchannel(args).toString());
    }

    /** Returns a request whose key has this hash. */
    static LoadBalancer.PickSubchannelArgs request(long hash) {
        return new Args(CallOptions.DEFAULT.withOption(HASH, hash));
    }

    private static Object constant(String type, String name) {
        try {
            var field = Class.forName(type).getDeclaredField(name);
            field.setAccessible(true);
            return Objects.requireNonNull(field.get(null), name);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("grpc-xds has changed", e);
        }
    }

    @Override
    public LoadBalancer.Subchannel createSubchannel(LoadBalancer.CreateSubchannelArgs args) {
        return new Subchannel(args.getAddresses());
    }

    @Override
    public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker newPicker) {
        picker = newPicker;
    }

    @Override
    public SynchronizationContext getSynchronizationContext() {
        return context;
    }

    @Override
    public ScheduledExecutorService getScheduledExecutorService() {
        return timer;
    }

    @Override
    public ChannelLogger getChannelLogger() {
        return new Silent();
    }

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup group, String authority) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String getAuthority() {
        return "bench.svc";
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** An address that is hashed as Envoy does; an {@code InetSocketAddress} would have a slash before it. */
    private static final class Address extends SocketAddress {
        private static final long serialVersionUID = 1;

        private final String text;

        Address(String text) {
            this.text = text;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Address that && text.equals(that.text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class Args extends LoadBalancer.PickSubchannelArgs {
        private final Metadata headers = new Metadata();
        private final CallOptions options;

        Args(CallOptions options) {
            this.options = options;
        }

        @Override
        public CallOptions getCallOptions() {
            return options;
        }

        @Override
        public Metadata getHeaders() {
            return headers;
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            throw new UnsupportedOperationException();
        }
    }

    private final class Subchannel extends LoadBalancer.Subchannel {
        private final List<EquivalentAddressGroup> addresses;
        private LoadBalancer.@Nullable SubchannelStateListener listener;

        Subchannel(List<EquivalentAddressGroup> addresses) {
            this.addresses = addresses;
        }

        @Override
        public void start(LoadBalancer.SubchannelStateListener newListener) {
            listener = newListener;
        }

        @Override
        public void requestConnection() {
            context.execute(() -> Objects.requireNonNull(listener)
                    .onSubchannelState(ConnectivityStateInfo.forNonError(ConnectivityState.READY)));
        }

        @Override
        public List<EquivalentAddressGroup> getAllAddresses() {
            return addresses;
        }

        @Override
        public ChannelLogger getChannelLogger() {
            return new Silent();
        }

        @Override
        public Attributes getAttributes() {
            return Attributes.EMPTY;
        }

        @Override
        public void shutdown() {}
    }

    private static final class Silent extends ChannelLogger {
        @Override
        public void log(ChannelLogLevel level, String message) {}

        @Override
        public void log(ChannelLogLevel level, String messageFormat, Object... args) {}
    }
}
