package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Status;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection learns of changes of its endpoint's addresses, and whoever resolves of a lost connection. */
class MovedEndpointTest {
    private static final Endpoint A = Endpoint.of("a.internal:80");
    private static final Attributes.Key<String> OF_OTHERS = Attributes.Key.create("of-others");

    private final LoadBalancer service = ScriptedChannel.service(A);
    private final ScriptedChannel channel = new ScriptedChannel();
    private final ScriptedLeaf leaf = new ScriptedLeaf();
    private final ChannelPolicy policy = new ChannelPolicy(channel, leaf);

    @AfterEach
    void close() {
        policy.shutdown();
        channel.close();
        service.close();
    }

    private void resolve(Endpoint endpoint, UnaryOperator<Attributes.Builder> attributes, String... ips) {
        List<SocketAddress> addresses = List.of(ips).stream()
                .map(ip -> EvenkeelGrpc.address(Endpoint.of(ip, 80)))
                .toList();
        policy.acceptResolvedAddresses(ScriptedChannel.list(service, List.of()).toBuilder()
                .setAddresses(List.of(new EquivalentAddressGroup(
                        addresses,
                        attributes
                                .apply(Attributes.newBuilder().set(ServiceAttributes.ENDPOINT, endpoint))
                                .build())))
                .build());
    }

    private void resolve(String... ips) {
        resolve(A, attributes -> attributes, ips);
    }

    private void lookUp() {
        resolve(A, attributes -> attributes.set(ServiceAttributes.IS_LOOKED_UP, true), "10.9.9.9");
    }

    @Test
    void otherAddressesAreToldToTheConnectionThatThereIs() {
        resolve("10.0.0.1");
        leaf.become(A, ConnectivityState.READY);
        resolve("10.0.0.1", "10.0.0.2");
        assertThat(leaf.told).isEqualTo(2);
        assertThat(leaf.begun).isEqualTo(1);
        assertThat(leaf.ended).isZero();
        assertThat(channel.state()).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void otherAttributesAreToldAndWhatWeKnowOfTheEndpointIsNot() {
        resolve(A, attributes -> attributes.set(OF_OTHERS, "one"), "10.0.0.1");
        leaf.become(A, ConnectivityState.READY);
        resolve(A.withWeight(7), attributes -> attributes.set(OF_OTHERS, "one"), "10.0.0.1");
        assertThat(leaf.told).isEqualTo(1);
        resolve(A.withWeight(7), attributes -> attributes.set(OF_OTHERS, "another"), "10.0.0.1");
        assertThat(leaf.told).isEqualTo(2);
        assertThat(leaf.begun).isEqualTo(1);
    }

    @Test
    void newAddressesDoNotWaitForThePauseOfTheOldOnes() {
        resolve("10.0.0.1");
        leaf.become(A, ConnectivityState.TRANSIENT_FAILURE);
        resolve("10.0.0.2");
        assertThat(leaf.begun).as("a new one has no pause").isEqualTo(2);
        assertThat(leaf.ended).isEqualTo(1);
    }

    @Test
    void anEndpointThatIsLookedUpIsConnectingUntilThereIsAnAddress() {
        lookUp();
        assertThat(channel.state()).isEqualTo(ConnectivityState.CONNECTING);
        assertThat(leaf.begun).isZero();
        resolve("10.0.0.1");
        assertThat(leaf.begun).isEqualTo(1);
        leaf.become(A, ConnectivityState.READY);
        assertThat(channel.state()).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void anEndpointThatWasLookedUpInVainFailsUntilThereIsAnAddress() {
        lookUp();
        for (String why : List.of("no such name", "no name server")) {
            resolve(
                    A,
                    attributes -> attributes.set(ServiceAttributes.NO_ADDRESS, Status.UNAVAILABLE.withDescription(why)),
                    "10.9.9.9");
            assertThat(channel.state()).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
            assertThat(channel.picker()
                            .pickSubchannel(ScriptedChannel.CALL)
                            .getStatus()
                            .getDescription())
                    .contains(why);
        }
        resolve("10.0.0.1");
        leaf.become(A, ConnectivityState.READY);
        assertThat(channel.state()).isEqualTo(ConnectivityState.READY);
    }

    @Test
    void aConnectionsWishToLookAgainReachesWhoeverResolvesUnlessItWasGivenUp() {
        resolve("10.0.0.1");
        io.grpc.LoadBalancer.Helper connection = leaf.connection(A);
        connection.refreshNameResolution();
        assertThat(channel.lookups).isEqualTo(1);
        policy.shutdown();
        connection.refreshNameResolution();
        assertThat(channel.lookups).isEqualTo(1);
    }
}
