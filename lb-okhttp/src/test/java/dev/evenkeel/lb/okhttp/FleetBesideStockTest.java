package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import okhttp3.Dispatcher;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same client with and without us where there are many calls or many addresses: where stock OkHttp loses none, we lose none. */
class FleetBesideStockTest {
    private static final int CALLS = 60;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    static Stream<Arguments> ways() {
        return Stream.of(Protocol.HTTP_1_1, Protocol.H2_PRIOR_KNOWLEDGE)
                .flatMap(protocol -> Stream.of(Arguments.of(protocol, false), Arguments.of(protocol, true)));
    }

    private void set(Protocol protocol, boolean hedged) {
        fleet.protocols(protocol)
                .client(FleetBesideStockTest::manyAtATime)
                .balancing(lb -> hedged ? lb.attemptTimeout(Duration.ofHours(1)) : lb);
    }

    private static OkHttpClient.Builder manyAtATime(OkHttpClient.Builder client) {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(CALLS);
        dispatcher.setMaxRequestsPerHost(CALLS);
        return client.dispatcher(dispatcher);
    }

    /** Returns what became of as many calls at a time, every second a POST, each named once with how many there were of it. */
    private static List<String> ask(OkHttpClient client, String url, int calls) throws Exception {
        List<CompletableFuture<String>> ends = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            Request.Builder request = new Request.Builder().url(url);
            ends.add(Enqueued.end(client.newCall(
                    (i % 2 == 0 ? request : request.post(RequestBody.create("order " + i, MediaType.get("text/plain"))))
                            .build())));
        }
        List<String> told = new ArrayList<>();
        for (CompletableFuture<String> end : ends) {
            told.add(end.get(20, TimeUnit.SECONDS));
        }
        return told.stream().distinct().toList();
    }

    /** Returns what becomes of calls without us. */
    private List<String> stock(String url, int calls, String... addresses) throws Exception {
        List<InetAddress> found = new ArrayList<>();
        for (String address : addresses) {
            found.add(InetAddress.getByName(address));
        }
        OkHttpClient client =
                manyAtATime(fleet.plainClient()).dns(name -> found).build();
        try {
            List<String> told = new ArrayList<>(calls == CALLS ? ask(client, url, 1) : List.of());
            told.addAll(ask(client, url, calls));
            return told.stream().distinct().toList();
        } finally {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }

    private static String url(String host, int port) {
        return new HttpUrl.Builder()
                .scheme("http")
                .host(host)
                .port(port)
                .build()
                .toString();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyCallsOverAConnectionThatGoesAway(boolean hedged) throws Exception {
        set(Protocol.H2_PRIOR_KNOWLEDGE, hedged);
        GoAwayServer.Farewell farewell = new GoAwayServer.Farewell(CALLS, 4, false);
        List<String> stock;
        try (GoAwayServer server = new GoAwayServer(body -> {}, farewell)) {
            stock = stock(url(Fleet.SERVICE, server.endpoint().port()), CALLS, "127.0.0.1");
        }
        try (GoAwayServer server = new GoAwayServer(body -> {}, farewell)) {
            fleet.source().put(server.endpoint());
            List<String> ours = new ArrayList<>(ask(fleet.client(), url(Fleet.SERVICE, 80), 1));
            ours.addAll(ask(fleet.client(), url(Fleet.SERVICE, 80), CALLS));
            assertThat(ours.stream().distinct().toList()).isEqualTo(stock).containsExactly("200");
        }
        fleet.awaitNothingInFlight();
    }

    /** To stock OkHttp they are the addresses of one name. */
    @ParameterizedTest
    @MethodSource("ways")
    void mostAddressesRefuseConnections(Protocol protocol, boolean hedged) throws Exception {
        set(protocol, hedged);
        List<String> stock;
        try (Server server = fleet.server(request -> Server.ok("fine"))) {
            stock = stock(
                    url(Fleet.SERVICE, server.endpoint().port()),
                    10,
                    "127.0.0.2",
                    "127.0.0.3",
                    "127.0.0.4",
                    "127.0.0.5",
                    "127.0.0.6",
                    "127.0.0.7",
                    "127.0.0.8",
                    "127.0.0.1");
        }
        for (int i = 0; i < 7; i++) {
            fleet.addDead();
        }
        fleet.add("fine");
        assertThat(ask(fleet.client(), url(Fleet.SERVICE, 80), 10))
                .isEqualTo(stock)
                .containsExactly("200");
        fleet.awaitNothingInFlight();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aRedirectLeadsToANameOfWhichOneAddressRefusesConnections(Protocol protocol, boolean hedged) throws Exception {
        set(protocol, hedged);
        List<String> stock;
        try (Server server = fleet.server(request -> Server.ok("fine"));
                Server gate = redirecting(url(Fleet.SERVICE, server.endpoint().port()))) {
            stock = stock(url("gate.svc", gate.endpoint().port()), 10, "127.0.0.2", "127.0.0.1");
        }
        fleet.addDead();
        fleet.add("fine");
        try (Server gate = redirecting(url(Fleet.SERVICE, 80));
                LoadBalancer gates = LoadBalancer.builder("gate.svc")
                        .endpoints(EndpointSource.of(List.of(Endpoint.of(gate.address()))))
                        .build();
                EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                                manyAtATime(fleet.plainClient()).build(), LoadBalancers.of(fleet.loadBalancer(), gates))
                        .build()) {
            assertThat(ask(balanced.client(), url("gate.svc", 80), 10))
                    .isEqualTo(stock)
                    .containsExactly("200");
            balanced.client().dispatcher().executorService().shutdown();
        }
        fleet.awaitNothingInFlight();
    }

    private Server redirecting(String to) {
        return fleet.server(request ->
                new MockResponse.Builder().code(307).addHeader("Location", to).build());
    }
}
