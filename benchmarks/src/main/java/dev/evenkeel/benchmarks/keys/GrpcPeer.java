package dev.evenkeel.benchmarks.keys;

import dev.evenkeel.benchmarks.grpc.FakeChannel;
import dev.evenkeel.benchmarks.grpc.FakeStream;
import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A gRPC balancer without a transport: whoever is asked to connect is connected. */
final class GrpcPeer implements AutoCloseable {
    /** Not public: the resolver of xDS sets it. */
    @SuppressWarnings("unchecked")
    private static final CallOptions.Key<Long> HASH =
            (CallOptions.Key<Long>) constant("io.grpc.xds.XdsNameResolver", "RPC_HASH_KEY");

    @SuppressWarnings("unchecked")
    private static final Attributes.Key<Long> WEIGHT =
            (Attributes.Key<Long>) constant("io.grpc.xds.XdsAttributes", "ATTR_SERVER_WEIGHT");

    private final FakeChannel channel;

    private GrpcPeer(FakeChannel channel) {
        this.channel = channel;
    }

    /** Opens a balancer over these endpoints and their weights. */
    static GrpcPeer open(String policy, Map<String, ?> config, List<Endpoint> endpoints) {
        LoadBalancerProvider provider =
                Objects.requireNonNull(LoadBalancerRegistry.getDefaultRegistry().getProvider(policy), policy);
        ConfigOrError parsed = provider.parseLoadBalancingPolicyConfig(config);
        if (parsed.getError() != null) {
            throw new IllegalArgumentException(parsed.getError().toString());
        }
        List<EquivalentAddressGroup> addresses = endpoints.stream()
                .map(endpoint -> new EquivalentAddressGroup(
                        new Address(endpoint.address()),
                        Attributes.newBuilder()
                                .set(WEIGHT, (long) endpoint.weight())
                                .build()))
                .toList();
        GrpcPeer peer = new GrpcPeer(new FakeChannel(provider));
        peer.channel
                .getSynchronizationContext()
                .execute(() -> peer.channel.accept(addresses, Attributes.EMPTY, parsed.getConfig()));
        peer.connectWhoIsAsked();
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
        return channel.picker();
    }

    private void connectWhoIsAsked() {
        boolean more = true;
        while (more) {
            more = channel.connectNext();
        }
    }

    /** Returns the address where a request goes, once that is connected. */
    String addressOf(LoadBalancer.PickSubchannelArgs args) {
        for (int i = 0; i < 3; i++) {
            LoadBalancer.Subchannel subchannel = picker().pickSubchannel(args).getSubchannel();
            if (subchannel != null) {
                return subchannel.getAllAddresses().get(0).getAddresses().get(0).toString();
            }
            connectWhoIsAsked();
        }
        throw new IllegalStateException(picker().pickSubchannel(args).toString());
    }

    /** Returns a request whose key has this hash. */
    static FakeStream request(long hash) {
        return new FakeStream(CallOptions.DEFAULT.withOption(HASH, hash));
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
    public void close() {
        channel.close();
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
}
