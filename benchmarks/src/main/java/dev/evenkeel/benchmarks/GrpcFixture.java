package dev.evenkeel.benchmarks;

import io.grpc.Attributes;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.SynchronizationContext;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A gRPC balancer whose subchannels are connected as soon as it asks, without any transport. */
final class GrpcFixture extends LoadBalancer.Helper {
    private final SynchronizationContext context = new SynchronizationContext((thread, e) -> {
        throw new IllegalStateException(e);
    });
    private LoadBalancer.@Nullable SubchannelPicker picker;

    /** Returns the picker of a policy over so many endpoints, all of them ready. */
    static LoadBalancer.SubchannelPicker readyPicker(String policy, int size) {
        List<EquivalentAddressGroup> addresses = IntStream.range(0, size)
                .mapToObj(Fleet::endpoint)
                .map(endpoint -> new EquivalentAddressGroup(
                        InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port())))
                .toList();
        GrpcFixture helper = new GrpcFixture();
        LoadBalancer balancer = Objects.requireNonNull(
                        LoadBalancerRegistry.getDefaultRegistry().getProvider(policy))
                .newLoadBalancer(helper);
        helper.context.execute(() -> balancer.acceptResolvedAddresses(LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(addresses)
                .build()));
        return Objects.requireNonNull(helper.picker);
    }

    @Override
    public LoadBalancer.Subchannel createSubchannel(LoadBalancer.CreateSubchannelArgs args) {
        return new ReadySubchannel(args.getAddresses());
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

    private static final class ReadySubchannel extends LoadBalancer.Subchannel {
        private final List<EquivalentAddressGroup> addresses;
        private LoadBalancer.@Nullable SubchannelStateListener listener;

        ReadySubchannel(List<EquivalentAddressGroup> addresses) {
            this.addresses = addresses;
        }

        @Override
        public void start(LoadBalancer.SubchannelStateListener newListener) {
            listener = newListener;
        }

        @Override
        public void requestConnection() {
            Objects.requireNonNull(listener)
                    .onSubchannelState(ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        }

        @Override
        public List<EquivalentAddressGroup> getAllAddresses() {
            return addresses;
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
