package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.HttpConnectProxiedSocketAddress;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Endpoints that are given by host names. */
class HostNamesTest {
    private final Names names = new Names();
    private final List<Server> servers = new ArrayList<>();
    private LoadBalancer orders;
    private ManagedChannel channel;

    @AfterEach
    void close() {
        if (channel != null) {
            channel.shutdownNow();
            orders.close();
        }
        servers.forEach(Server::shutdownNow);
    }

    /** Begins a server that answers with its IP address. */
    private Server server(String ip, int port) {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(ip, port))
                .addService(ServerServiceDefinition.builder(Echo.SERVICE)
                        .addMethod(Echo.GET, ServerCalls.asyncUnaryCall((request, response) -> {
                            response.onNext(ip);
                            response.onCompleted();
                        }))
                        .build())
                .build();
        try {
            servers.add(server.start());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return server;
    }

    private static ManagedChannelBuilder<?> builder(String transport) {
        String target = "lb:///" + Fleet.NAME;
        return transport.equals("okhttp")
                ? OkHttpChannelBuilder.forTarget(target, InsecureChannelCredentials.create())
                : NettyChannelBuilder.forTarget(target, InsecureChannelCredentials.create());
    }

    private ManagedChannelBuilder<?> channelTo(ManagedChannelBuilder<?> builder, String... endpoints) {
        orders = LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(
                        Arrays.stream(endpoints).map(Endpoint::of).toList()))
                .retry(RetryPolicy.NONE)
                .build();
        return EvenkeelGrpc.configure(builder, LoadBalancers.of(orders));
    }

    private void open(ManagedChannelBuilder<?> builder, String... endpoints) {
        channel = channelTo(builder, endpoints)
                .setNameResolverArg(EvenkeelGrpc.HOST_LOOKUP, names)
                .build();
    }

    private boolean isAnsweredBy(String ip) {
        try {
            return Fleet.get(channel, "x").equals(ip);
        } catch (RuntimeException e) {
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "okhttp"})
    void aServerIsReachedByTheNameThatTheMachineKnows(String transport) {
        int port = server("127.0.0.1", 0).getPort();
        channel = channelTo(builder(transport), "localhost:" + port).build();
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "okhttp"})
    void aNameWhoseServerDiedElsewhereIsFollowed(String transport) {
        Server before = server("127.0.0.1", 0);
        names.put("orders-0.internal", "127.0.0.1");
        open(builder(transport), "orders-0.internal:" + before.getPort());
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");

        server("127.0.0.2", before.getPort());
        names.put("orders-0.internal", "127.0.0.2");
        before.shutdownNow();
        Until.until("the new server answers", () -> isAnsweredBy("127.0.0.2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"netty", "okhttp"})
    void aNameThatMovesIsFollowedThoughItsOldServerWorks(String transport) {
        int port = server("127.0.0.1", 0).getPort();
        server("127.0.0.2", port);
        names.put("orders-0.internal", "127.0.0.1").put("orders-1.internal", "127.0.0.1");
        open(builder(transport), "orders-0.internal:" + port, "orders-1.internal:" + port);
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");

        names.put("orders-0.internal", "127.0.0.2").put("orders-1.internal", "127.0.0.2");
        int[] answered = {0};
        Until.until("the new server answers", () -> {
            answered[0] = Fleet.get(channel, "x").equals("127.0.0.2") ? answered[0] + 1 : 0; // and no call fails
            return answered[0] == 20;
        });
    }

    @Test
    void allAddressesOfANameAreTried() {
        int port = server("127.0.0.2", 0).getPort();
        names.put("orders.internal", "127.0.0.3", "127.0.0.2");
        open(builder("netty"), "orders.internal:" + port);
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.2");
    }

    @Test
    void aNameThatIsNotKnownFailsCallsWithTheReasonUntilItIs() {
        int port = server("127.0.0.1", 0).getPort();
        open(builder("netty"), "orders.internal:" + port);
        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .contains("the host name orders.internal could not be looked up")
                .contains("UnknownHostException");
        names.put("orders.internal", "127.0.0.1");
        Until.until("it is found", () -> isAnsweredBy("127.0.0.1"));
    }

    @Test
    void aNameThatIsForgottenKeepsItsLastAddresses() {
        int port = server("127.0.0.1", 0).getPort();
        names.put("orders.internal", "127.0.0.1");
        open(builder("netty"), "orders.internal:" + port);
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");

        names.remove("orders.internal");
        int before = names.lookups.get();
        Until.until("it was looked up in vain, twice", () -> names.lookups.get() >= before + 2);
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
    }

    @Test
    void aNameServerThatIsSilentAboutOneNameDelaysNoOther() {
        int port = server("127.0.0.1", 0).getPort();
        CountDownLatch answer = new CountDownLatch(1);
        names.put("works.internal", "127.0.0.1");
        HostLookup silent = host -> {
            if (host.equals("silent.internal")) {
                await(answer);
            }
            return names.lookup(host);
        };
        channel = channelTo(builder("netty"), "silent.internal:" + port, "works.internal:" + port)
                .setNameResolverArg(EvenkeelGrpc.HOST_LOOKUP, silent)
                .build();
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
        answer.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            var unused = latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void namesAreLookedUpByThreadsThatMayWait() {
        int port = server("127.0.0.1", 0).getPort();
        Queue<String> threads = new ConcurrentLinkedQueue<>();
        channel = channelTo(builder("netty"), "orders.internal:" + port)
                .setNameResolverArg(EvenkeelGrpc.HOST_LOOKUP, host -> {
                    threads.add(Thread.currentThread().getName());
                    return List.of(InetAddress.getLoopbackAddress());
                })
                .build();
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
        assertThat(threads)
                .as("those by which gRPC looks names up")
                .isNotEmpty()
                .allMatch(name -> name.startsWith("grpc-default-executor"));
    }

    @Test
    void ipAddressesAreNotLookedUp() {
        int port = server("127.0.0.1", 0).getPort();
        open(builder("netty"), "127.0.0.1:" + port);
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
        assertThat(names.lookups.get()).isZero();
    }

    @Test
    void aNameThatAddressesReturnIsLookedUpToo() {
        int port = server("127.0.0.1", 0).getPort();
        names.put("pod-0.internal", "127.0.0.1");
        channel = channelTo(builder("netty"), "pod-0:1")
                .setNameResolverArg(EvenkeelGrpc.HOST_LOOKUP, names)
                .setNameResolverArg(
                        EvenkeelGrpc.ADDRESSES,
                        endpoint -> InetSocketAddress.createUnresolved(endpoint.host() + ".internal", port))
                .build();
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
    }

    @Test
    void addressesAreAskedAgainWhenTheServerIsLost() {
        Server before = server("127.0.0.1", 0);
        Server after = server("127.0.0.2", 0);
        List<SocketAddress> address = new CopyOnWriteArrayList<>(
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), before.getPort())));
        channel = channelTo(builder("netty"), "pod-0:1")
                .setNameResolverArg(EvenkeelGrpc.ADDRESSES, endpoint -> address.get(0))
                .build();
        assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
        address.set(0, EvenkeelGrpc.address(Endpoint.of("127.0.0.2", after.getPort())));
        before.shutdownNow();
        Until.until("the new server answers", () -> isAnsweredBy("127.0.0.2"));
    }

    /** The proxy leads everywhere to one port, so that no call gets there by another way. */
    @ParameterizedTest
    @ValueSource(strings = {"netty", "okhttp"})
    void callsGoThroughTheChannelsProxy(String transport) throws IOException {
        int port = server("127.0.0.1", 0).getPort();
        try (ConnectProxy proxy = new ConnectProxy(port)) {
            channel = channelTo(builder(transport), "orders.internal:80", "10.255.0.1:80")
                    .setNameResolverArg(EvenkeelGrpc.HOST_LOOKUP, names)
                    .proxyDetector(target -> HttpConnectProxiedSocketAddress.newBuilder()
                            .setProxyAddress(proxy.address())
                            .setTargetAddress((InetSocketAddress) target)
                            .build())
                    .build();
            Until.until("both are connected to", () -> {
                assertThat(Fleet.get(channel, "x")).isEqualTo("127.0.0.1");
                return proxy.targets.contains("orders.internal:80") && proxy.targets.contains("10.255.0.1:80");
            });
            assertThat(names.lookups.get()).as("the proxy does that").isZero();
        }
    }
}
