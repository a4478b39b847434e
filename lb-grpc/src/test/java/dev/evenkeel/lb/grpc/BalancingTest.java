package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
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
}
