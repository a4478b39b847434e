package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.EquivalentAddressGroup;
import io.grpc.HttpConnectProxiedSocketAddress;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy where somebody else resolves, beside {@code round_robin} where that knows better. */
class OtherResolversTest {
    private final OtherResolver resolver = new OtherResolver();
    private final List<TestServer> servers = new ArrayList<>();
    private ManagedChannel channel;

    @AfterEach
    void close() {
        if (channel != null) {
            channel.shutdownNow();
        }
        servers.forEach(TestServer::close);
        resolver.close();
    }

    private TestServer server() {
        TestServer server = new TestServer();
        servers.add(server);
        return server;
    }

    private void open(String policy) {
        channel = NettyChannelBuilder.forTarget(OtherResolver.TARGET, InsecureChannelCredentials.create())
                .defaultLoadBalancingPolicy(policy)
                .intercept(EvenkeelGrpc.interceptor())
                .build();
    }

    private static SocketAddress at(TestServer server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    }

    /** Returns an address at which nobody listens. */
    private static SocketAddress dead() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalSocketAddress();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private boolean isAnsweredBy(TestServer server) {
        try {
            return Fleet.get(channel, "x").equals("x@" + server.address());
        } catch (RuntimeException e) {
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"evenkeel", "round_robin"})
    void aServerThatMovedIsFoundByLookingAgain(String policy) {
        TestServer before = server();
        resolver.finds(OtherResolver.group(at(before)));
        open(policy);
        assertThat(isAnsweredBy(before)).isTrue();

        TestServer after = server();
        resolver.finds(OtherResolver.group(at(after)));
        before.kill();
        Until.until("the new server answers", () -> isAnsweredBy(after));
        assertThat(resolver.refreshes.get()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"evenkeel", "round_robin"})
    void newServersAreFoundWhenAnotherEndsAConnectionForItsAge(String policy) {
        TestServer old = server();
        resolver.finds(OtherResolver.group(at(old)));
        open(policy);
        assertThat(isAnsweredBy(old)).isTrue();

        TestServer joining = server();
        resolver.finds(OtherResolver.group(at(old)), OtherResolver.group(at(joining)));
        old.shutdownGracefully();
        Until.until("the new server answers", () -> isAnsweredBy(joining));
    }

    @ParameterizedTest
    @ValueSource(strings = {"evenkeel", "round_robin"})
    void anEndpointsNewAddressIsUsedWhenItsOldOneDies(String policy) {
        TestServer before = server();
        TestServer after = server();
        SocketAddress dead = dead();
        resolver.finds(OtherResolver.group(dead, at(before)));
        open(policy);
        Until.until("the first server answers", () -> isAnsweredBy(before));

        resolver.finds(OtherResolver.group(dead, at(after)));
        resolver.tell();
        before.kill();
        Until.until("the other answers", () -> isAnsweredBy(after));
    }

    @Test
    void aConnectionWhoseAddressStaysOutlivesOtherChangesOfItsGroup() {
        TestServer server = server();
        SocketAddress dead = dead();
        resolver.finds(OtherResolver.group(at(server), dead));
        open("evenkeel");
        assertThat(isAnsweredBy(server)).isTrue();

        resolver.finds(OtherResolver.group(dead, at(server)));
        resolver.tell();
        resolver.finds(OtherResolver.group(dead(), dead, at(server)));
        resolver.tell();
        for (int i = 0; i < 10; i++) {
            assertThat(isAnsweredBy(server)).isTrue();
        }
        assertThat(server.connections.get()).isEqualTo(1);
    }

    @Test
    void anotherAuthorityIsAnotherConnection() {
        TestServer server = server();
        resolver.finds(authority("a.example", server));
        open("evenkeel");
        assertThat(isAnsweredBy(server)).isTrue();
        assertThat(server.authorities).containsOnly("a.example");

        resolver.finds(authority("b.example", server));
        resolver.tell();
        Until.until("the other authority is asked", () -> {
            assertThat(isAnsweredBy(server)).isTrue();
            return server.authorities.contains("b.example");
        });
        assertThat(server.connections.get()).isEqualTo(2);
    }

    private static EquivalentAddressGroup authority(String name, TestServer server) {
        return new EquivalentAddressGroup(
                at(server),
                Attributes.newBuilder()
                        .set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, name)
                        .build());
    }

    @Test
    void anOddAddressCostsOnlyItself() {
        TestServer server = server();
        TestServer other = server();
        resolver.finds(
                OtherResolver.group(new InProcessSocketAddress("odd"), at(server)),
                OtherResolver.group(new InProcessSocketAddress("odd")),
                OtherResolver.group(at(other)));
        open("evenkeel");
        Until.until("the first answers", () -> isAnsweredBy(server));
        Until.until("the other answers", () -> isAnsweredBy(other));
    }

    @ParameterizedTest
    @ValueSource(strings = {"evenkeel", "round_robin"})
    void serversBehindAProxyAreReached(String policy) throws IOException {
        TestServer server = server();
        try (ConnectProxy proxy = new ConnectProxy(server.port())) {
            resolver.finds(OtherResolver.group(HttpConnectProxiedSocketAddress.newBuilder()
                    .setProxyAddress(proxy.address())
                    .setTargetAddress(InetSocketAddress.createUnresolved("orders.internal", 80))
                    .build()));
            open(policy);
            assertThat(isAnsweredBy(server)).isTrue();
            assertThat(proxy.targets).contains("orders.internal:80");
        }
    }

    @Test
    void ofALongListOnlyAPartIsConnectedTo() throws IOException {
        TestServer server = server();
        try (ConnectProxy proxy = new ConnectProxy(server.port())) { // so that one server stands for all
            EquivalentAddressGroup[] all = IntStream.range(0, 300)
                    .mapToObj(i -> OtherResolver.group(HttpConnectProxiedSocketAddress.newBuilder()
                            .setProxyAddress(proxy.address())
                            .setTargetAddress(InetSocketAddress.createUnresolved("10.0.1." + i % 250, 1 + i))
                            .build()))
                    .toArray(EquivalentAddressGroup[]::new);
            resolver.finds(all);
            open("evenkeel");
            Until.until("a hundred are connected to", () -> {
                Fleet.get(channel, "x");
                return server.connections.get() == 100;
            });
            resolver.tell();
            for (int i = 0; i < 100; i++) {
                Fleet.get(channel, "x");
            }
            assertThat(server.connections.get()).isEqualTo(100);
        }
    }
}
