package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same resolver and policy over every transport of grpc-java's. */
class TransportsTest {
    private static final String TARGET = "lb:///" + Fleet.NAME;

    private static ManagedChannelBuilder<?> builder(String transport) {
        return switch (transport) {
            case "netty" -> NettyChannelBuilder.forTarget(TARGET, InsecureChannelCredentials.create());
            case "okhttp" -> OkHttpChannelBuilder.forTarget(TARGET, InsecureChannelCredentials.create());
            default -> Grpc.newChannelBuilder(TARGET, InsecureChannelCredentials.create());
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "okhttp", "whichever gRPC chooses"})
    void callsAreBalancedAndRepeatedElsewhereOverTcp(String transport) {
        try (Fleet fleet = Fleet.of(3, settings -> settings.policy(LoadBalancingPolicy.roundRobin()))) {
            ManagedChannel channel =
                    fleet.connect(fleet.open(EvenkeelGrpc.configure(builder(transport), fleet.services)));
            for (int i = 0; i < 30; i++) {
                Fleet.get(channel, "x");
            }
            assertThat(fleet.servers).allSatisfy(server -> {
                assertThat(server.calls.get()).isEqualTo(10);
                assertThat(server.authorities).containsOnly(Fleet.NAME);
            });

            fleet.server(0).failWith(Status.UNAVAILABLE);
            for (int i = 0; i < 6; i++) {
                assertThat(Fleet.get(channel, "x"))
                        .isNotEqualTo("x@" + fleet.server(0).address());
            }
            fleet.server(1).kill();
            for (int i = 0; i < 6; i++) {
                assertThat(Fleet.get(channel, "x"))
                        .isEqualTo("x@" + fleet.server(2).address());
            }
            fleet.settled();
        }
    }

    @Test
    void callsAreBalancedWithinTheProcessToo() throws IOException {
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String name = InProcessServerBuilder.generateName();
            servers.add(InProcessServerBuilder.forName(name)
                    .addService(ServerServiceDefinition.builder(Echo.SERVICE)
                            .addMethod(Echo.GET, ServerCalls.asyncUnaryCall((request, response) -> {
                                response.onNext(name);
                                response.onCompleted();
                            }))
                            .build())
                    .build()
                    .start());
        }
        List<Endpoint> endpoints = IntStream.range(0, 3)
                .mapToObj(i -> Endpoint.of("pod-" + i, 1)
                        .withMetadata(
                                "name",
                                servers.get(i).getListenSockets().stream()
                                        .map(address -> ((InProcessSocketAddress) address).getName())
                                        .collect(Collectors.joining())))
                .toList();
        try (LoadBalancers services = LoadBalancers.of(LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(endpoints))
                .policy(LoadBalancingPolicy.roundRobin())
                .build())) {
            ManagedChannel channel = EvenkeelGrpc.configure(InProcessChannelBuilder.forTarget(TARGET), services)
                    .setNameResolverArg(
                            EvenkeelGrpc.ADDRESSES,
                            endpoint -> new InProcessSocketAddress(
                                    endpoint.metadata().get("name")))
                    .build();
            Until.until("all are connected to", () -> names(channel, 6).size() == 3);
            assertThat(names(channel, 30).values()).containsExactly(10L, 10L, 10L);
            Until.until(
                    "nothing is in flight",
                    () -> services.get(Fleet.NAME).endpoints().stream()
                                    .mapToInt(EndpointStatus::inFlight)
                                    .sum()
                            == 0);
            channel.shutdownNow();
        }
        servers.forEach(Server::shutdownNow);
    }

    private static Map<String, Long> names(ManagedChannel channel, int calls) {
        return IntStream.range(0, calls)
                .mapToObj(i -> Fleet.call(channel, Echo.GET, CallOptions.DEFAULT, "x"))
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }
}
