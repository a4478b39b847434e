package dev.evenkeel.benchmarks.grpc;

import io.grpc.Attributes;
import io.grpc.ChannelLogger;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.ManagedChannel;
import io.grpc.SynchronizationContext;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** What a gRPC channel is to its policy, without any transport: connections are made when {@link #connectNext} says so. */
public final class FakeChannel extends LoadBalancer.Helper implements AutoCloseable {
    private final SynchronizationContext context = new SynchronizationContext((thread, e) -> {
        throw new IllegalStateException(e);
    });
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "bench-channel-timer");
        thread.setDaemon(true);
        return thread;
    });
    private final LoadBalancer policy;

    // Written in the context.
    private final Queue<Connection> connecting = new ArrayDeque<>();
    private int publishes;
    private volatile LoadBalancer.@Nullable SubchannelPicker picker;

    public FakeChannel(LoadBalancerProvider provider) {
        this.policy = provider.newLoadBalancer(this);
    }

    /** Hands the policy a list; in the context. */
    public void accept(List<EquivalentAddressGroup> addresses, Attributes attributes, @Nullable Object config) {
        policy.acceptResolvedAddresses(LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(addresses)
                .setAttributes(attributes)
                .setLoadBalancingPolicyConfig(config)
                .build());
    }

    /** Makes the connection that was asked for first, and returns whether there was one. */
    public boolean connectNext() {
        Connection next = connecting.poll();
        if (next == null) {
            return false;
        }
        context.execute(next::succeed);
        return true;
    }

    public LoadBalancer.SubchannelPicker picker() {
        return Objects.requireNonNull(picker);
    }

    /** Returns how often the policy published a picker. */
    int publishes() {
        return publishes;
    }

    @Override
    public LoadBalancer.Subchannel createSubchannel(LoadBalancer.CreateSubchannelArgs args) {
        return new Connection(args.getAddresses());
    }

    @Override
    public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker newPicker) {
        publishes++;
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
        context.execute(policy::shutdown);
        timer.shutdownNow();
    }

    private final class Connection extends LoadBalancer.Subchannel {
        private List<EquivalentAddressGroup> addresses;
        private LoadBalancer.@Nullable SubchannelStateListener listener;

        Connection(List<EquivalentAddressGroup> addresses) {
            this.addresses = addresses;
        }

        @Override
        public void start(LoadBalancer.SubchannelStateListener newListener) {
            listener = newListener;
        }

        @Override
        public void requestConnection() {
            connecting.add(this);
        }

        void succeed() {
            Objects.requireNonNull(listener)
                    .onSubchannelState(ConnectivityStateInfo.forNonError(ConnectivityState.READY));
        }

        @Override
        public void updateAddresses(List<EquivalentAddressGroup> newAddresses) {
            addresses = newAddresses;
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
        public ChannelLogger getChannelLogger() {
            return new Silent();
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
