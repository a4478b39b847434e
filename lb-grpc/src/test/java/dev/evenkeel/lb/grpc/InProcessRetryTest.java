package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Channels within the process, for which gRPC turns retries off. */
class InProcessRetryTest {
    private final List<Server> servers = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final AtomicInteger failed = new AtomicInteger();
    private LoadBalancers services;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        for (int i = 0; i < 2; i++) {
            boolean fails = i == 0;
            String name = InProcessServerBuilder.generateName();
            servers.add(InProcessServerBuilder.forName(name)
                    .addService(ServerServiceDefinition.builder(Echo.SERVICE)
                            .addMethod(Echo.GET, ServerCalls.asyncUnaryCall((request, response) -> {
                                if (fails) {
                                    failed.incrementAndGet();
                                    response.onError(Status.UNAVAILABLE.asRuntimeException());
                                    return;
                                }
                                response.onNext(request);
                                response.onCompleted();
                            }))
                            .build())
                    .build()
                    .start());
            endpoints.add(Endpoint.of("pod-" + i, 1).withMetadata("name", name));
        }
        services = LoadBalancers.of(LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(endpoints))
                .policy(LoadBalancingPolicy.roundRobin())
                .panicThreshold(1)
                .build());
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        services.close();
        servers.forEach(Server::shutdownNow);
    }

    private InProcessChannelBuilder builder() {
        return EvenkeelGrpc.configure(InProcessChannelBuilder.forTarget("lb:///" + Fleet.NAME), services)
                .setNameResolverArg(
                        EvenkeelGrpc.ADDRESSES,
                        endpoint ->
                                new InProcessSocketAddress(endpoint.metadata().get("name")));
    }

    /** Returns how many calls failed until one reached the server that fails. */
    private int failures() {
        int failures = 0;
        for (int i = 0; i < 100 && failed.get() < 3; i++) {
            try {
                Fleet.call(channel, Echo.GET, CallOptions.DEFAULT, "x");
            } catch (StatusRuntimeException e) {
                failures++;
            }
        }
        return failures;
    }

    @Test
    void theirCallsAreRepeatedElsewhereAsAllOthers() {
        channel = builder().build();
        assertThat(failures()).isZero();
        assertThat(failed.get()).isPositive();
    }

    @Test
    void unlessTheApplicationSaysOtherwise() {
        channel = builder().disableRetry().build();
        assertThat(failures()).isPositive();
    }
}
