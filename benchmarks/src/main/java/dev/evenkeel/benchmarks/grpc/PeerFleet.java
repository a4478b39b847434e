package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A policy of grpc-java's. What its resolver does is not counted. */
final class PeerFleet implements ListedFleet {
    private final FakeChannel channel;
    private final @Nullable Object config;

    PeerFleet(GrpcPolicy policy) {
        this.channel = new FakeChannel(policy.provider());
        this.config = policy.parsedConfig();
    }

    @Override
    public FakeChannel channel() {
        return channel;
    }

    @Override
    public long take(List<Endpoint> endpoints) {
        List<EquivalentAddressGroup> addresses = endpoints.stream()
                .map(endpoint -> new EquivalentAddressGroup(
                        InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port())))
                .toList();
        long before = Cpu.ofThisThread();
        channel.getSynchronizationContext().execute(() -> channel.accept(addresses, Attributes.EMPTY, config));
        return Cpu.ofThisThread() - before;
    }

    @Override
    public void close() {
        channel.close();
    }
}
