package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.Environment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import okhttp3.Connection;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whose connections are kept, whose are closed, and when. */
class ConnectionsTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @Test
    void everyEndpointKeepsItsConnection() throws IOException {
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            servers.add(fleet.add("hello"));
        }
        for (int i = 0; i < 400; i++) {
            fleet.ask();
        }
        assertThat(servers.stream().mapToInt(Server::connections).sum())
                .as("OkHttp's own pool of 5 would have connected 400 times")
                .isEqualTo(20);
    }

    /** Should this fail, OkHttp compares socket factories, and pinning by Dns would not be needed. */
    @Test
    void canaryASocketFactoryAloneDoesNotKeepEndpointsApart() throws IOException {
        Server a = fleet.add("");
        Server b = fleet.add("");
        List<Integer> ports = List.of(a.endpoint().port(), b.endpoint().port());
        int[] turn = {0};
        Interceptor naive = chain -> {
            int port = ports.get(turn[0]++ % 2);
            return chain.withSocketFactory(new OwnSockets(() -> new java.net.Socket() {
                        @Override
                        public void connect(java.net.SocketAddress address, int timeout) throws IOException {
                            super.connect(
                                    new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), timeout);
                        }
                    }))
                    .proceed(chain.request());
        };
        OkHttpClient client = fleet.plainClient().addInterceptor(naive).build();
        for (int i = 0; i < 4; i++) {
            client.newCall(Fleet.get("/")).execute().close();
        }
        assertThat(a.requests()).hasSize(4);
        client.connectionPool().evictAll();
    }

    /** Should this fail, OkHttp tells the right pool of dead connections: then the clearing away can go. */
    @Test
    void canaryPoolOfAChainKeepsDeadConnections() throws IOException {
        fleet.add(request ->
                new MockResponse.Builder().addHeader("Connection", "close").build());
        ConnectionPool pool = new ConnectionPool(100, 5, TimeUnit.MINUTES);
        OkHttpClient client = fleet.plainClient()
                .socketFactory(EndpointSocketFactory.around(javax.net.SocketFactory.getDefault(), names().addresses()))
                .addInterceptor(chain -> chain.withConnectionPool(pool).proceed(chain.request()))
                .build();
        int port = fleet.loadBalancer().endpoints().get(0).endpoint().port();
        for (int i = 0; i < 50; i++) {
            client.newCall(new okhttp3.Request.Builder()
                            .url("http://127.0.0.1:" + port + "/")
                            .build())
                    .execute()
                    .close();
        }
        assertThat(pool.connectionCount()).isEqualTo(50);
        pool.evictAll();
    }

    @Test
    void deadConnectionsDoNotGather() throws IOException {
        ConcurrentHashMap<ConnectionPool, Boolean> pools = new ConcurrentHashMap<>();
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            pools.put(chain.getConnectionPool(), true);
            return chain.proceed(chain.request());
        }));
        fleet.add(request ->
                new MockResponse.Builder().addHeader("Connection", "close").build());
        int most = 0;
        for (int i = 0; i < 500; i++) {
            fleet.ask();
            most = Math.max(most, pools.keySet().iterator().next().connectionCount());
        }
        assertThat(pools).hasSize(1);
        assertThat(most).isLessThanOrEqualTo(16);
    }

    @Test
    void removedEndpointFinishesWhatItHasAndIsThenDisconnected() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Server leaving = fleet.add(request -> {
            awaitQuietly(release);
            return Server.ok("done");
        });
        Server staying = fleet.add("other");
        List<Connection> used = new ArrayList<>();
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            used.add(chain.connection());
            return chain.proceed(chain.request());
        }));
        java.util.concurrent.FutureTask<String> running = new java.util.concurrent.FutureTask<>(fleet::ask);
        new Thread(running).start();
        Until.until("the request has arrived", () -> leaving.requests().size() == 1);
        fleet.source().remove(leaving.address());
        assertThat(fleet.ask()).as("nothing new goes there").isEqualTo("200 other");
        release.countDown();
        assertThat(running.get()).isEqualTo("200 done");
        Until.until("the connection is closed", () -> used.get(0).socket().isClosed());
        assertThat(used.get(1).socket().isClosed()).isFalse();
        fleet.source().set(List.of(leaving.endpoint(), staying.endpoint()));
        assertThat(fleet.ask()).as("it may come back").isEqualTo("200 done");
    }

    @Test
    void drainedEndpointClosesItsIdleConnectionsAtOnceAndMayReturn() throws IOException {
        Server draining = fleet.add("a");
        fleet.add("b");
        List<Connection> used = new ArrayList<>();
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            used.add(chain.connection());
            return chain.proceed(chain.request());
        }));
        assertThat(fleet.ask()).isEqualTo("200 a");
        fleet.loadBalancer().drain(draining.address());
        Until.until("the connection is closed", () -> used.get(0).socket().isClosed());
        assertThat(fleet.ask()).isEqualTo("200 b");
        fleet.loadBalancer().undrain(draining.address());
        Until.until("connections are kept again", () -> {
            int before = draining.connections();
            try {
                assertThat(fleet.ask()).isEqualTo("200 a");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return draining.connections() == before;
        });
    }

    @Test
    void connectionThatEndsOnADrainingEndpointIsClosedWhileOthersGoOn() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        Server draining = fleet.add(request -> {
            if (request.getTarget().equals("/slow")) {
                awaitQuietly(slow);
            }
            return Server.ok("done");
        });
        fleet.add("other");
        ConcurrentHashMap<String, Connection> used = new ConcurrentHashMap<>();
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            used.put(chain.request().url().encodedPath(), chain.connection());
            return chain.proceed(chain.request());
        }));
        java.util.concurrent.FutureTask<String> running = new java.util.concurrent.FutureTask<>(
                () -> fleet.ask(fleet.request("/slow").build()));
        new Thread(running).start();
        Until.until("the request has arrived", () -> draining.requests().size() == 1);
        try (Response open =
                fleet.client().newCall(fleet.request("/open").build()).execute()) {
            fleet.loadBalancer().drain(draining.address());
            assertThat(open.body().string()).isEqualTo("done");
        }
        Until.until("the idle one is closed", () -> used.get("/open").socket().isClosed());
        assertThat(used.get("/slow").socket().isClosed()).isFalse();
        slow.countDown();
        assertThat(running.get()).isEqualTo("200 done");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Has listeners told by whoever causes an event, before it goes on. */
    private static LoadBalancerBuilder toldAtOnce(LoadBalancerBuilder builder) {
        Environment system = Environment.system();
        return builder.environment(new Environment(
                system.ticker(), system.scheduler(), system.blocking(), system.random(), system.stalls()));
    }

    private static ServiceDns names() {
        return new ServiceDns(java.util.Map.of(), Dns.SYSTEM);
    }

    @Test
    void listThatChangesForEverDoesNotFillTheMemory() {
        fleet.balancing(ConnectionsTest::toldAtOnce);
        BalancedService service =
                new BalancedService(fleet.loadBalancer(), names(), PoolSettings.DEFAULT, Destinations.ANY);
        for (int i = 0; i < 100_000; i++) {
            Endpoint endpoint = Endpoint.of("10." + i / 65536 + "." + i / 256 % 256 + "." + i % 256, 80);
            fleet.source().set(List.of(endpoint));
            service.pin(endpoint);
        }
        Until.until("the service has heard of the latest list", () -> service.endpoints() == 1);
        service.close();
    }

    @Test
    void endpointThatLeavesWhileItIsPickedIsForgottenWhenTheAttemptEnds() {
        fleet.balancing(ConnectionsTest::toldAtOnce);
        BalancedService service =
                new BalancedService(fleet.loadBalancer(), names(), PoolSettings.DEFAULT, Destinations.ANY);
        Endpoint endpoint = Endpoint.of("10.0.0.1:80");
        fleet.source().set(List.of(endpoint));
        dev.evenkeel.lb.Attempt attempt =
                service.newCall(dev.evenkeel.lb.call.RequestInfo.IDEMPOTENT).nextAttempt();
        fleet.source().set(List.of());
        service.pin(attempt.endpoint());
        assertThat(service.endpoints()).isOne();
        attempt.complete(dev.evenkeel.lb.call.Outcome.SUCCESS);
        assertThat(service.endpoints()).isZero();
        service.close();
    }

    /** A black hole may cost the one caller who is sent there to see a second, not the ten that OkHttp would wait. */
    @Test
    @Timeout(120)
    void probeOfAnEndpointThatWasOutGivesUpConnectingSoon() throws IOException {
        List<Integer> timeouts = new CopyOnWriteArrayList<>();
        fleet.balancing(lb -> lb.connectBackoff(new ConnectBackoff(Duration.ofMillis(50), Duration.ofSeconds(1))))
                .client(c -> c.socketFactory(new OwnSockets(() -> new java.net.Socket() {
                    @Override
                    public void connect(java.net.SocketAddress address, int timeout) throws IOException {
                        timeouts.add(timeout);
                        super.connect(address, timeout);
                    }
                })));
        fleet.addDead();
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        Until.until("a request is sent to see", () -> {
            try {
                return fleet.ask().equals("200 fine") && timeouts.contains(1000);
            } catch (IOException e) {
                throw new AssertionError(fleet.samples().toString() + timeouts, e);
            }
        });
        assertThat(timeouts.get(0)).isEqualTo(10_000);
        assertThat(fleet.kinds()).contains(Kind.CONNECT_FAILED);
    }

    @Test
    void closingDisconnectsAndUnsubscribes() throws IOException {
        Server server = fleet.add("hello");
        fleet.ask();
        fleet.balanced().close();
        assertThat(fleet.ask()).isEqualTo("200 hello");
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void http2ConnectionIsSharedByAllRequestsToOneEndpoint() throws IOException {
        Server server = fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE).add("hello");
        for (int i = 0; i < 10; i++) {
            fleet.ask();
        }
        assertThat(server.connections()).isOne();
    }

    @Test
    void keepAliveIsOurs() throws IOException {
        fleet.wrapping(b -> b.keepAlive(Duration.ofMillis(100)));
        Server server = fleet.add("hello");
        List<Connection> used = new ArrayList<>();
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            used.add(chain.connection());
            return chain.proceed(chain.request());
        }));
        fleet.ask();
        Until.until("the idle connection is closed", () -> used.get(0).socket().isClosed());
        assertThat(server.connections()).isOne();
    }

    /** Two small writes in a row, such as the header and the body of an HTTP/2 request, would else wait for an acknowledgement. */
    @Test
    void whatIsSentToEndpointsIsNotHeldBack() throws IOException {
        assertThat(delays(c -> c)).containsExactly(false, true);
    }

    @Test
    void norIsItWithSocketsOfTheUsersOwn() throws IOException {
        assertThat(delays(c -> c.socketFactory(new OwnSockets()))).containsExactly(false, true);
    }

    @Test
    void aSocketThatKnowsNoSuchOptionIsUsedAsItIs() throws IOException {
        fleet.client(c -> c.socketFactory(new OwnSockets(() -> new java.net.Socket() {
                    @Override
                    public void setTcpNoDelay(boolean on) throws java.net.SocketException {
                        throw new java.net.SocketException("not supported");
                    }
                })))
                .add("hello");
        assertThat(fleet.ask()).isEqualTo("200 hello");
    }

    /** Returns whether small writes wait, to an endpoint and then to another host. */
    private List<Boolean> delays(java.util.function.UnaryOperator<OkHttpClient.Builder> settings) throws IOException {
        List<Boolean> delays = new CopyOnWriteArrayList<>();
        fleet.client(c -> settings.apply(c).addNetworkInterceptor(chain -> {
                    java.net.Socket socket = chain.connection().socket();
                    delays.add(!socket.getTcpNoDelay());
                    return chain.proceed(chain.request());
                }))
                .add("hello");
        fleet.ask();
        try (Server other = new Server(request -> Server.ok("other"), List.of(Protocol.HTTP_1_1), null)) {
            fleet.ask(new okhttp3.Request.Builder()
                    .url("http://elsewhere.test:" + other.endpoint().port() + "/")
                    .build());
        }
        return delays;
    }
}
