package dev.evenkeel.lb.grpc;

import static io.grpc.ConnectivityState.READY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.VirtualTime;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What 10,000 endpoints cost a channel, in what it does and not in time. */
class ManyEndpointsTest {
    private static final int MANY = 10_000;

    private final List<Endpoint> endpoints = IntStream.range(0, MANY)
            .mapToObj(ManyEndpointsTest::endpoint)
            .collect(Collectors.toCollection(ArrayList::new));
    private final MutableEndpointSource source = MutableEndpointSource.of(endpoints);
    private final VirtualTime time = new VirtualTime();
    private final LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
            .endpoints(source)
            .policy(LoadBalancingPolicy.roundRobin())
            .subsetting(Subsetting.OFF)
            .environment(time.environment(new Random(42)))
            .build();
    private final ScriptedChannel channel = new ScriptedChannel();
    private final ScriptedLeaf leaf = new ScriptedLeaf();
    private final ChannelPolicy policy = new ChannelPolicy(channel, leaf);

    private static Endpoint endpoint(int i) {
        return Endpoint.of("10." + i / 65536 + "." + i / 256 % 256 + "." + i % 256, 80);
    }

    /** The load balancer takes changes of large lists together. */
    private void settle() {
        time.advance(Duration.ofMillis(50));
    }

    private void take() {
        source.set(endpoints);
        assertThat(policy.acceptResolvedAddresses(ScriptedChannel.list(service, endpoints)))
                .isEqualTo(Status.OK);
    }

    @AfterEach
    void close() {
        policy.shutdown();
        channel.close();
        service.close();
    }

    @Test
    void allOfThemBecomeReadyWithFewPickersAndFewConnectionsAtATime() {
        take();
        assertThat(leaf.begun).as("being made at a time").isEqualTo(50);
        for (int i = 0; i < MANY; i++) {
            Endpoint endpoint = leaf.order.get(i);
            leaf.become(endpoint, ConnectivityState.CONNECTING);
            leaf.become(endpoint, READY);
        }
        settle();
        assertThat(leaf.begun).isEqualTo(MANY);
        assertThat(channel.state()).isEqualTo(READY);
        assertThat(channel.states).hasSizeLessThanOrEqualTo(50);
        assertThat(service.endpoints())
                .as("the load balancer uses all of them")
                .allMatch(status -> status.availability().isAvailable());
    }

    @Test
    void oneMoreAndOneLessTouchNoOther() {
        take();
        for (int i = 0; i < MANY; i++) {
            leaf.become(leaf.order.get(i), READY);
        }
        settle();
        int published = channel.states.size();

        Endpoint joining = endpoint(MANY);
        Endpoint leaving = endpoints.remove(0);
        endpoints.add(joining);
        take();
        assertThat(leaf.begun).isEqualTo(MANY + 1);
        assertThat(leaf.ended).as("what left is kept for a while").isZero();
        leaf.become(joining, READY);
        settle();
        channel.passTime();

        assertThat(leaf.begun).isEqualTo(MANY + 1);
        assertThat(leaf.ended).isEqualTo(1);
        assertThat(leaf.told).as("no connection is told anything twice").isEqualTo(MANY + 1);
        assertThat(channel.states.size() - published).isLessThanOrEqualTo(2);
        assertThat(service.endpoints())
                .extracting(status -> status.endpoint())
                .contains(joining)
                .doesNotContain(leaving);
    }
}
