package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.EquivalentAddressGroup;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls of a channel go to a service's endpoints, and say what the load balancer must know. */
class BalancingTest {
    private final Fleet fleet = Fleet.of(3, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void everyEndpointGetsCallsAndSeesTheNameOfTheService() {
        ManagedChannel channel = fleet.connectedChannel();
        for (int i = 0; i < 30; i++) {
            Fleet.get(channel, "hello");
        }

        assertThat(fleet.servers).allSatisfy(server -> {
            assertThat(server.calls.get()).isEqualTo(10);
            assertThat(server.authorities).containsOnly(Fleet.NAME);
        });
    }

    @Test
    void theResolverAloneBalancesToo() {
        ManagedChannel channel = fleet.connect(fleet.open(fleet.plainBuilder()));
        for (int i = 0; i < 30; i++) {
            Fleet.get(channel, "hello");
        }

        assertThat(fleet.servers)
                .allSatisfy(server -> assertThat(server.calls.get()).isEqualTo(10));
    }

    @Test
    void thePolicyAloneBalancesWhatAnotherResolverFinds() {
        NameResolverProvider resolver = new Listing(fleet.servers);
        NameResolverRegistry.getDefaultRegistry().register(resolver);
        try {
            ManagedChannel channel = fleet.connect(
                    fleet.open(NettyChannelBuilder.forTarget("listing:///any", InsecureChannelCredentials.create())
                            .defaultLoadBalancingPolicy("evenkeel")));
            for (int i = 0; i < 30; i++) {
                Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x");
            }
            assertThat(fleet.calls()).isEqualTo(30);
            assertThat(attempts())
                    .as("the application's load balancer has no part in it")
                    .isZero();
        } finally {
            NameResolverRegistry.getDefaultRegistry().deregister(resolver);
        }
    }

    @Test
    void everyAttemptIsCountedOnceAndNothingStaysInFlight() {
        ManagedChannel channel = fleet.connectedChannel();
        long before = attempts();
        for (int i = 0; i < 30; i++) {
            Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "hello");
        }
        fleet.settled();

        assertThat(attempts() - before).isEqualTo(30);
    }

    @Test
    void aStreamIsInFlightUntilItEnds() {
        ManagedChannel channel = fleet.connectedChannel();
        List<String> got = new ArrayList<>();
        fleet.servers.forEach(server -> server.behaviour = (request, response) -> {
            response.onNext("one");
            Until.until("the client sees it in flight", () -> fleet.inFlight() == 1);
            response.onNext("two");
            response.onCompleted();
        });

        ClientCalls.blockingServerStreamingCall(channel, Echo.WATCH, CallOptions.DEFAULT, "x")
                .forEachRemaining(got::add);

        assertThat(got).containsExactly("one", "two");
    }

    private long attempts() {
        return fleet.loadBalancer.endpoints().stream()
                .mapToLong(status -> status.attempts())
                .sum();
    }

    /** A resolver that knows the servers. */
    private static final class Listing extends NameResolverProvider {
        private final List<TestServer> servers;

        Listing(List<TestServer> servers) {
            this.servers = servers;
        }

        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args args) {
            return new NameResolver() {
                @Override
                public String getServiceAuthority() {
                    return "any";
                }

                @Override
                public void start(Listener2 listener) {
                    listener.onResult(ResolutionResult.newBuilder()
                            .setAddressesOrError(StatusOr.fromValue(servers.stream()
                                    .map(server -> new EquivalentAddressGroup(EvenkeelGrpc.address(server.endpoint())))
                                    .toList()))
                            .build());
                }

                @Override
                public void shutdown() {}
            };
        }

        @Override
        public String getDefaultScheme() {
            return "listing";
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 1;
        }
    }
}
