package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Hedging;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request for the service's name goes to the picked endpoint, and looks as if it had not. */
class RoutingTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @Test
    void everyRequestGoesToTheEndpointThatWasPicked() throws IOException {
        Server a = fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()))
                .add("a");
        Server b = fleet.add("b");
        for (int i = 0; i < 20; i++) {
            fleet.ask();
        }
        assertThat(a.requests()).hasSize(10);
        assertThat(b.requests()).hasSize(10);
        assertThat(fleet.samples().stream().filter(s -> s.endpoint().equals(a.endpoint())))
                .hasSize(10);
        assertThat(List.of(a.connections(), b.connections())).containsOnly(1);
        assertThat(fleet.balanced().misrouted()).isZero();
    }

    @Test
    void hostHeaderAndUrlKeepTheLogicalName() throws IOException {
        Server node = fleet.add("hello");
        Request request =
                new Request.Builder().url("http://ORDERS.svc:8443/v1/42?q=1").build();
        try (Response response = fleet.client().newCall(request).execute()) {
            assertThat(response.request().url()).isEqualTo(request.url());
        }
        assertThat(node.requests().get(0).getHeaders().get("Host")).isEqualTo("orders.svc:8443");
        assertThat(node.requests().get(0).getTarget()).isEqualTo("/v1/42?q=1");
    }

    @Test
    void endpointMayBeNamedInsteadOfNumbered() throws IOException {
        Server node = fleet.add("hello");
        fleet.source().set(List.of(Endpoint.of("pod-1", node.endpoint().port())));
        assertThat(fleet.ask()).isEqualTo("200 hello");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whereNothingListensTheEndpointIsNamedAndNoPortThatNothingConnectsTo(boolean hedged) throws IOException {
        if (hedged) {
            fleet.balancing(lb -> lb.hedging(Hedging.DEFAULT));
        }
        Endpoint dead = fleet.addDead();

        assertThatThrownBy(fleet::ask)
                .isInstanceOf(ConnectException.class)
                .hasMessage("Failed to connect to " + dead.address())
                .cause()
                .hasMessageContaining("refused");
        fleet.source().set(List.of(Endpoint.of("pod-1", dead.port())));
        assertThatThrownBy(fleet::ask)
                .hasMessageMatching("Failed to connect to pod-1:" + dead.port() + " \\([0-9a-f.:]+\\)");
        assertThat(fleet.samples())
                .allSatisfy(sample -> assertThat(sample.outcome().reason())
                        .doesNotContain("/127.0.0.1")
                        .contains("refused"));
    }

    @Test
    void anEndpointOfWeightZeroGetsNothing() throws IOException {
        Server a = fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()))
                .add("a");
        Server b = fleet.add("b");
        fleet.source().put(a.endpoint().withWeight(0));
        for (int i = 0; i < 10; i++) {
            assertThat(fleet.ask()).isEqualTo("200 b");
        }
        assertThat(a.requests()).isEmpty();
        assertThat(b.requests()).hasSize(10);
    }

    @Test
    void endpointMayBeCalledAsItsServiceIs() throws IOException {
        Server server = fleet.add("hello");
        fleet.source().set(List.of(Endpoint.of(Fleet.SERVICE, server.endpoint().port())));
        assertThat(fleet.ask()).isEqualTo("200 hello");
    }

    @Test
    void eventListenerOfTheUserSeesTheRealAddress() throws IOException {
        Server node = fleet.add("hello");
        StringBuilder seen = new StringBuilder();
        fleet.client(c -> c.eventListener(new okhttp3.EventListener() {
            @Override
            public void connectStart(okhttp3.Call call, InetSocketAddress address, Proxy proxy) {
                seen.append(address.getHostString());
            }
        }));
        fleet.ask();
        assertThat(seen).hasToString(node.address());
    }

    @Test
    void otherHostsAreLeftAlone() throws IOException {
        fleet.add("balanced");
        try (Server other = new Server(request -> Server.ok("other"), List.of(okhttp3.Protocol.HTTP_1_1), null)) {
            assertThat(fleet.ask(new Request.Builder()
                            .url("http://elsewhere.test:" + other.endpoint().port() + "/")
                            .build()))
                    .isEqualTo("200 other");
        }
        assertThat(fleet.served()).isZero();
        assertThat(fleet.samples()).isEmpty();
        assertThat(Attempts.of(fleet.client().newCall(Fleet.get("/"))).tried()).isEmpty();
    }

    @Test
    void otherHostsHaveTheUsersSocketsAsTheyAre() throws IOException {
        fleet.add("balanced");
        Socket own = new Socket();
        List<Socket> seen = new CopyOnWriteArrayList<>();
        fleet.client(c -> c.socketFactory(new OwnSockets(() -> own)).addNetworkInterceptor(chain -> {
            seen.add(chain.connection().socket());
            return chain.proceed(chain.request());
        }));
        try (Server other = new Server(request -> Server.ok("other"), List.of(okhttp3.Protocol.HTTP_1_1), null)) {
            assertThat(fleet.ask(new Request.Builder()
                            .url("http://elsewhere.test:" + other.endpoint().port() + "/")
                            .build()))
                    .isEqualTo("200 other");
        }
        assertThat(seen).containsExactly(own);
    }

    @Test
    void otherHostsKeepOkHttpsOwnRetries() throws IOException {
        fleet.add("balanced");
        AtomicInteger served = new AtomicInteger();
        try (Server other = new Server(
                request -> served.incrementAndGet() == 1 ? Server.status(408) : Server.ok("second"),
                List.of(okhttp3.Protocol.HTTP_1_1),
                null)) {
            assertThat(fleet.ask(new Request.Builder()
                            .url("http://elsewhere.test:" + other.endpoint().port() + "/")
                            .build()))
                    .isEqualTo("200 second");
        }
    }

    @Test
    void withoutAnEndpointTheCallFailsBeforeAnySocketIsOpened() {
        OwnSockets sockets = new OwnSockets();
        fleet.client(c -> c.socketFactory(sockets));
        assertThatThrownBy(fleet::ask)
                .isInstanceOf(NoEndpointIOException.class)
                .hasMessageContaining(Fleet.SERVICE)
                .hasCauseInstanceOf(NoEndpointException.class);
        assertThat(sockets.made()).isEqualTo(0);
    }

    @Test
    void socketsComeFromTheUsersOwnFactory() throws IOException {
        OwnSockets sockets = new OwnSockets();
        fleet.client(c -> c.socketFactory(sockets)).add("hello");
        assertThat(fleet.ask()).isEqualTo("200 hello");
        assertThat(sockets.made()).isEqualTo(1);
    }

    @Test
    void socketFactoryThatIsChangedAfterWrappingStillReachesTheEndpointsPort() throws IOException {
        fleet.add("hello");
        OwnSockets sockets = new OwnSockets();
        OkHttpClient derived =
                fleet.client().newBuilder().socketFactory(sockets).build();
        try (Response response = derived.newCall(Fleet.get("/")).execute()) {
            assertThat(response.body().string()).isEqualTo("hello");
        }
        assertThat(sockets.made()).isEqualTo(1);
    }

    @Test
    void proxiesAreNotAskedForServicesButForOtherHosts() throws IOException {
        fleet.add("balanced");
        try (Server proxy = new Server(request -> Server.ok("proxied"), List.of(okhttp3.Protocol.HTTP_1_1), null)) {
            Proxy http = new Proxy(
                    Proxy.Type.HTTP,
                    new InetSocketAddress(
                            java.net.InetAddress.getLoopbackAddress(),
                            proxy.endpoint().port()));
            fleet.client(c -> c.proxySelector(new ProxySelector() {
                @Override
                public List<Proxy> select(URI uri) {
                    return List.of(http);
                }

                @Override
                public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
            }));
            assertThat(fleet.ask()).isEqualTo("200 balanced");
            assertThat(fleet.ask(
                            new Request.Builder().url("http://elsewhere.test/").build()))
                    .isEqualTo("200 proxied");
            OkHttpClient derived = fleet.client().newBuilder().proxy(http).build();
            try (Response response = derived.newCall(Fleet.get("/")).execute()) {
                assertThat(response.body().string()).isEqualTo("balanced");
            }
        }
    }

    @Test
    void attemptsAreToldInOrderWithWhatCameOfThem() throws IOException {
        Server bad = fleet.add(request -> Server.status(503));
        Server good = fleet.add("fine");
        okhttp3.Call call = fleet.client().newCall(Fleet.get("/"));
        try (Response response = call.execute()) {
            assertThat(response.code()).isEqualTo(200);
        }
        assertThat(Attempts.of(call).tried())
                .extracting(tried -> tried.endpoint().address())
                .containsExactly(bad.address(), good.address());
        assertThat(Attempts.of(call).tried())
                .extracting(tried -> tried.outcome().kind())
                .containsExactly(Kind.UNAVAILABLE, Kind.SUCCESS);
        assertThat(Attempts.of(call)).hasToString(bad.address() + " (HTTP 503), " + good.address() + " (ok)");
    }

    @Test
    void aClientIsWrappedOnlyOnce() {
        fleet.add("hello");
        assertThatThrownBy(() -> EvenkeelOkHttp.wrap(fleet.client(), LoadBalancers.of(fleet.loadBalancer())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("balanced already");
    }

    @Test
    void wrappingWithoutServicesIsAMistake() {
        assertThatThrownBy(() -> EvenkeelOkHttp.wrap(new OkHttpClient(), LoadBalancers.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
