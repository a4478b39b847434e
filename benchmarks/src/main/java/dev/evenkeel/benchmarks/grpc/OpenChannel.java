package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.grpc.EvenkeelGrpc;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolverRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A channel over Netty to real servers.
 *
 * @param channel runs callbacks on its transport's threads
 * @param services what it is balanced by besides; none for grpc-java's policies
 */
record OpenChannel(ManagedChannel channel, LoadBalancers services) implements AutoCloseable {
    /** As many attempts as ours makes by default, after the same pauses. */
    private static final Map<String, ?> RETRY_POLICY = Map.of(
            "maxAttempts",
            3.0,
            "initialBackoff",
            "0.025s",
            "maxBackoff",
            "0.25s",
            "backoffMultiplier",
            2.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));

    static {
        NameResolverRegistry.getDefaultRegistry().register(new FixedResolverProvider());
    }

    /** Opens one in its usual configuration: ours with retries and the interceptor. */
    static OpenChannel retrying(GrpcPolicy policy, List<Endpoint> endpoints) {
        return policy == GrpcPolicy.EVENKEEL
                ? configured(endpoints, settings -> settings)
                : peer(policy, endpoints, List.of(Map.of("name", List.of(Map.of()), "retryPolicy", RETRY_POLICY)));
    }

    /** Opens one that does nothing but balance. */
    static OpenChannel balancing(GrpcPolicy policy, List<Endpoint> endpoints) {
        return policy == GrpcPolicy.EVENKEEL
                ? resolved(endpoints, settings -> settings.retry(RetryPolicy.NONE))
                : peer(policy, endpoints, List.of());
    }

    /** Opens one of ours with the interceptor. */
    static OpenChannel configured(List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        LoadBalancers services = services(endpoints, settings);
        return open(EvenkeelGrpc.configure(ours(), services), services);
    }

    /** Opens one of ours with the resolver alone. */
    static OpenChannel resolved(List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        LoadBalancers services = services(endpoints, settings);
        return open(ours().setNameResolverArg(EvenkeelGrpc.SERVICES, services), services);
    }

    private static ManagedChannelBuilder<?> ours() {
        return Grpc.newChannelBuilder("lb:///orders", InsecureChannelCredentials.create());
    }

    private static LoadBalancers services(List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        return LoadBalancers.of(settings.apply(LoadBalancer.builder("orders").endpoints(EndpointSource.of(endpoints)))
                .build());
    }

    private static OpenChannel peer(GrpcPolicy policy, List<Endpoint> endpoints, List<Map<String, ?>> methods) {
        ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(
                        FixedResolverProvider.target(endpoints), InsecureChannelCredentials.create())
                .defaultServiceConfig(Map.of("loadBalancingConfig", policy.serviceConfig(), "methodConfig", methods));
        return open(builder, LoadBalancers.of());
    }

    private static OpenChannel open(ManagedChannelBuilder<?> builder, LoadBalancers services) {
        return new OpenChannel(builder.directExecutor().build(), services);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        services.close();
    }
}
