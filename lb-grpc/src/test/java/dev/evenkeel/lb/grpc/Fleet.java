package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.observe.EndpointStatus;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Real servers, their load balancer, and channels to them. */
final class Fleet implements AutoCloseable {
    static final String NAME = "orders";

    /** A limit that is to pass. Whatever a test needs before is over by then, also on a machine of which others leave a quarter. */
    static final Duration SOON = Duration.ofSeconds(3);

    final List<TestServer> servers;
    final MutableEndpointSource source;
    final LoadBalancer loadBalancer;
    final LoadBalancers services;
    private final List<ManagedChannel> channels = new ArrayList<>();

    private Fleet(int size, UnaryOperator<LoadBalancerBuilder> settings) {
        this.servers = new ArrayList<>(
                IntStream.range(0, size).mapToObj(i -> new TestServer()).toList());
        this.source = MutableEndpointSource.of(
                servers.stream().map(TestServer::endpoint).toList());
        this.loadBalancer =
                settings.apply(LoadBalancer.builder(NAME).endpoints(source)).build();
        this.services = LoadBalancers.of(loadBalancer);
    }

    static Fleet of(int size) {
        return of(size, settings -> settings);
    }

    static Fleet of(int size, UnaryOperator<LoadBalancerBuilder> settings) {
        return new Fleet(size, settings);
    }

    TestServer server(int i) {
        return servers.get(i);
    }

    NettyChannelBuilder builder() {
        return EvenkeelGrpc.configure(
                NettyChannelBuilder.forTarget("lb:///" + NAME, InsecureChannelCredentials.create()), services);
    }

    /** A channel with the resolver only. */
    NettyChannelBuilder plainBuilder() {
        NettyChannelBuilder builder =
                NettyChannelBuilder.forTarget("lb:///" + NAME, InsecureChannelCredentials.create());
        return builder.setNameResolverArg(EvenkeelGrpc.SERVICES, services);
    }

    ManagedChannel channel() {
        return open(builder());
    }

    ManagedChannel open(ManagedChannelBuilder<?> builder) {
        ManagedChannel channel = builder.build();
        channels.add(channel);
        return channel;
    }

    /** A channel that is connected to all. */
    ManagedChannel connectedChannel() {
        return connect(channel());
    }

    /** Makes calls until each server has had one, then forgets them. */
    ManagedChannel connect(ManagedChannel channel) {
        Until.until("all are connected to", () -> {
            get(channel, "warm-up");
            return servers.stream().allMatch(server -> server.calls.get() > 0);
        });
        settled();
        servers.forEach(server -> server.calls.set(0));
        return channel;
    }

    /** Waits until nothing is in flight; gRPC tells the tracers of an end after it has told the caller. */
    void settled() {
        Until.until("nothing is in flight", () -> inFlight() == 0);
    }

    int inFlight() {
        return loadBalancer.endpoints().stream()
                .mapToInt(EndpointStatus::inFlight)
                .sum();
    }

    int calls() {
        return servers.stream().mapToInt(server -> server.calls.get()).sum();
    }

    EndpointStatus status(TestServer server) {
        return loadBalancer.endpoints().stream()
                .filter(status -> status.endpoint().id().equals(server.address()))
                .findFirst()
                .orElseThrow();
    }

    static String get(Channel channel, String request) {
        return call(channel, Echo.GET, CallOptions.DEFAULT, request);
    }

    static String call(Channel channel, MethodDescriptor<String, String> method, CallOptions options, String request) {
        return ClientCalls.blockingUnaryCall(channel, method, options, request);
    }

    /** Makes a call that is to fail, and returns how. */
    static Status fail(Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
        return failure(channel, method, options).getStatus();
    }

    static StatusRuntimeException failure(
            Channel channel, MethodDescriptor<String, String> method, CallOptions options) {
        try {
            String answer = call(channel, method, options, "x");
            throw new AssertionError("answered " + answer);
        } catch (StatusRuntimeException e) {
            return e;
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        loadBalancer.close();
        servers.forEach(TestServer::close);
    }
}
