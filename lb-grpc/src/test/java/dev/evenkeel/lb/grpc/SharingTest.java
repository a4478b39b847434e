package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What channels have in common, and what they have not. */
class SharingTest {
    private final Fleet fleet = Fleet.of(3, SharingTest::settings);

    private static LoadBalancerBuilder settings(LoadBalancerBuilder defaults) {
        return defaults.policy(LoadBalancingPolicy.roundRobin())
                .panicThreshold(1) // what is ejected stays in use
                .retry(new RetryPolicy(4, new Backoff(Duration.ZERO, Duration.ZERO)))
                .retryBudget(new RetryBudget.Settings(0, 0.1, Duration.ofSeconds(10)));
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void eachChannelOfAServiceHasConnectionsOfItsOwn() {
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.remove(fleet.server(0).address());
            fleet.source.put(wire.endpoint());
            ManagedChannel one = fleet.connectedChannel();
            assertThat(wire.connections.get()).isEqualTo(1);
            ManagedChannel other = fleet.connect(fleet.channel());
            assertThat(wire.connections.get()).isEqualTo(2);

            one.shutdownNow();
            Until.until("the first channel has ended", one::isTerminated);
            for (int i = 0; i < 30; i++) {
                Fleet.get(other, "x");
            }
            assertThat(fleet.server(0).calls.get()).isEqualTo(10);
            assertThat(wire.connections.get()).isEqualTo(2);
        }
    }

    @Test
    void loadBalancersOfTheSameServersHaveBudgetsOfTheirOwn() {
        ManagedChannel channel = fleet.connectedChannel();
        LoadBalancers apart =
                LoadBalancers.of(settings(LoadBalancer.builder(Fleet.NAME).endpoints(fleet.source))
                        .build());
        ManagedChannel other = fleet.connect(fleet.open(EvenkeelGrpc.configure(
                NettyChannelBuilder.forTarget("lb:///" + Fleet.NAME, InsecureChannelCredentials.create()), apart)));
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE));
        spend(channel);

        assertThat(attempts(channel)).as("its budget is spent").isEqualTo(1);
        assertThat(attempts(other)).as("the other's is not").isGreaterThan(1);
        apart.close();
    }

    private void spend(ManagedChannel channel) {
        Until.until("the budget is spent", () -> attempts(channel) == 1);
    }

    private int attempts(ManagedChannel channel) {
        fleet.servers.forEach(server -> server.calls.set(0));
        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        return fleet.calls();
    }
}
