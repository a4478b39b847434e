package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HttpHealthCheck;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLPeerUnverifiedException;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.CertificatePinner;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Endpoints that have a name, or a base path, of their own: two clouds behind one service. */
class NamedEndpointTest {
    private static final String SERVICE = "orders.svc";
    private static final String EU = "api.eu.example.com";
    private static final String US = "api.us.example.com";

    private final HeldCertificate root =
            new HeldCertificate.Builder().certificateAuthority(0).build();
    private final HandshakeCertificates trust = new HandshakeCertificates.Builder()
            .addTrustedCertificate(root.certificate())
            .build();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final MutableEndpointSource source = MutableEndpointSource.of();
    private UnaryOperator<OkHttpClient.Builder> settings = UnaryOperator.identity();
    private final LoadBalancingPolicy policy = LoadBalancingPolicy.roundRobin();

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private HeldCertificate certificate(String name) {
        return new HeldCertificate.Builder()
                .addSubjectAlternativeName(name)
                .signedBy(root)
                .build();
    }

    private Server tls(String name, boolean http2, Function<RecordedRequest, MockResponse> behaviour) {
        HandshakeCertificates own = new HandshakeCertificates.Builder()
                .heldCertificate(certificate(name), root.certificate())
                .build();
        Server server = new Server(
                behaviour, http2 ? List.of(Protocol.HTTP_2, Protocol.HTTP_1_1) : List.of(Protocol.HTTP_1_1), own);
        opened.add(server);
        return server;
    }

    private Server plain(Function<RecordedRequest, MockResponse> behaviour) {
        Server server = new Server(behaviour, List.of(Protocol.HTTP_1_1), null);
        opened.add(server);
        return server;
    }

    private OkHttpClient client() {
        LoadBalancer orders = LoadBalancer.builder(SERVICE)
                .endpoints(source)
                .policy(policy)
                .retry(RetryPolicy.NONE)
                .build();
        return client(orders);
    }

    private OkHttpClient client(LoadBalancer orders) {
        opened.add(orders);
        EvenkeelOkHttp balanced = EvenkeelOkHttp.builder(
                        settings.apply(new OkHttpClient.Builder()
                                        .dns(host -> List.of(InetAddress.getLoopbackAddress()))
                                        .sslSocketFactory(trust.sslSocketFactory(), trust.trustManager()))
                                .build(),
                        LoadBalancers.of(orders))
                .build();
        opened.add(balanced);
        return balanced.client();
    }

    private static String ask(OkHttpClient client, String url) throws IOException {
        try (Response response =
                client.newCall(new Request.Builder().url(url).build()).execute()) {
            assertThat(response.request().url()).hasToString(url);
            assertThat(response.request().header("Host")).isNull();
            return response.body().string();
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void eachEndpointIsAskedForByItsOwnNameAndMustProveIt(boolean http2, boolean hedged) throws IOException {
        Server eu = tls(EU, http2, request -> Server.ok("eu"));
        Server us = tls(US, http2, request -> Server.ok("us"));
        Server home = tls(SERVICE, http2, request -> Server.ok("home"));
        source.set(
                List.of(eu.endpoint().withAuthority(EU), us.endpoint().withAuthority(US + ":8443"), home.endpoint()));
        LoadBalancerBuilder builder =
                LoadBalancer.builder(SERVICE).endpoints(source).policy(policy);
        OkHttpClient client = client((hedged ? builder.hedging(Hedging.DEFAULT) : builder).build());
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            answers.add(ask(client, "https://orders.svc/v1/42?q=1"));
        }

        assertThat(answers).containsOnly("eu", "us", "home");
        assertAskedFor(eu, EU, EU);
        assertAskedFor(us, US + ":8443", US);
        assertAskedFor(home, SERVICE, SERVICE);
    }

    private static void assertAskedFor(Server server, String host, String serverName) {
        assertThat(server.requests()).isNotEmpty().allSatisfy(request -> {
            assertThat(request.getUrl().host()
                            + (host.contains(":") ? ":" + request.getUrl().port() : ""))
                    .isEqualTo(host);
            assertThat(request.getTarget()).isEqualTo("/v1/42?q=1");
            assertThat(request.getHandshakeServerNames()).containsExactly(serverName);
        });
        assertThat(server.connections()).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {SERVICE, US})
    void aServerThatProvesAnotherNameIsNotAsked(String proven) {
        Server server = tls(proven, true, request -> Server.ok("never"));
        source.set(List.of(server.endpoint().withAuthority(EU)));

        assertThatThrownBy(() -> ask(client(), "https://orders.svc/")).isInstanceOf(SSLPeerUnverifiedException.class);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void pinsOfTheEndpointsNameAreChecked() throws IOException {
        Server server = tls(EU, false, request -> Server.ok("eu"));
        source.set(List.of(server.endpoint().withAuthority(EU)));
        String right = CertificatePinner.pin(root.certificate());
        String wrong = CertificatePinner.pin(certificate("another").certificate());

        settings = builder -> builder.certificatePinner(
                new CertificatePinner.Builder().add(EU, right).build());
        assertThat(ask(client(), "https://orders.svc/")).isEqualTo("eu");
        for (String name : List.of(EU, SERVICE)) {
            settings = builder -> builder.certificatePinner(
                    new CertificatePinner.Builder().add(name, wrong).build());
            assertThatThrownBy(() -> ask(client(), "https://orders.svc/"))
                    .as(name)
                    .isInstanceOf(SSLPeerUnverifiedException.class);
        }
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void oneServerUnderTwoNamesHasConnectionsForEach() throws IOException {
        Server server = plain(request -> Server.ok(request.getUrl().host()));
        source.set(List.of(
                server.endpoint().withId("eu").withAuthority(EU),
                server.endpoint().withId("us").withAuthority(US)));
        OkHttpClient client = client();

        assertThat(List.of(ask(client, "http://orders.svc/"), ask(client, "http://orders.svc/")))
                .containsExactlyInAnyOrder(EU, US);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void anEndpointThatGetsAnotherNameIsConnectedToAnew() throws IOException {
        Server server = plain(request -> Server.ok(request.getUrl().host() + request.getTarget()));
        source.set(List.of(server.endpoint().withAuthority(EU)));
        OkHttpClient client = client();
        assertThat(ask(client, "http://orders.svc/a")).isEqualTo(EU + "/a");

        source.set(List.of(server.endpoint().withAuthority(US).withBasePath("/v2")));
        assertThat(ask(client, "http://orders.svc/a")).isEqualTo(US + "/v2/a");
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void aBasePathStandsBeforeThePathAndNothingAboveSeesIt() throws IOException {
        Server server = plain(request -> Server.ok(request.getTarget()));
        source.set(List.of(server.endpoint().withBasePath("/shop/v2/")));
        OkHttpClient client = client();

        assertThat(ask(client, "http://orders.svc/")).isEqualTo("/shop/v2/");
        assertThat(ask(client, "http://orders.svc/a%2Fb?q=%20")).isEqualTo("/shop/v2/a%2Fb?q=%20");
        assertThat(server.requests().get(0).getUrl().host()).isEqualTo(SERVICE);
    }

    @Test
    void aHostHeaderThatTheCallerChoseStays() throws IOException {
        Server server = plain(request -> Server.ok(request.getUrl().host()));
        source.set(List.of(server.endpoint().withAuthority(EU)));
        Request request = new Request.Builder()
                .url("http://orders.svc/")
                .header("Host", "chosen.example.com")
                .build();
        try (Response response = client().newCall(request).execute()) {
            assertThat(response.body().string()).isEqualTo("chosen.example.com");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v2/next?q=1, /v2/next?q=1",
        "next, /v2/next",
        "http://api.eu.example.com/v2/next, /v2/next",
        "//api.eu.example.com/v2, /v2/",
    })
    void aRedirectWithinTheEndpointIsFollowedThroughTheService(String location, String target) throws IOException {
        Server server = plain(request -> request.getTarget().equals("/v2/old")
                ? new MockResponse.Builder()
                        .code(302)
                        .addHeader("Location", location)
                        .build()
                : Server.ok(request.getUrl().host() + request.getTarget()));
        source.set(List.of(server.endpoint().withAuthority(EU).withBasePath("/v2")));

        try (Response response = client().newCall(
                        new Request.Builder().url("http://orders.svc/old").build())
                .execute()) {
            assertThat(response.body().string()).isEqualTo(EU + target);
            assertThat(response.request().url().host()).isEqualTo(SERVICE);
        }
        assertThat(server.connections()).isOne();
    }

    @Test
    void aRedirectElsewhereGoesThereWithItsOwnNameAndTls() throws IOException {
        Server other = tls(
                "login.example.com",
                false,
                request -> Server.ok(request.getUrl().host()));
        Server server = tls(
                EU,
                false,
                request -> new MockResponse.Builder()
                        .code(302)
                        .addHeader(
                                "Location",
                                "https://login.example.com:" + other.endpoint().port() + "/in")
                        .build());
        source.set(List.of(server.endpoint().withAuthority(EU).withBasePath("/v2")));

        try (Response response = client().newCall(
                        new Request.Builder().url("https://orders.svc/old").build())
                .execute()) {
            assertThat(response.body().string()).isEqualTo("login.example.com");
        }
        assertThat(other.requests().get(0).getTarget()).isEqualTo("/in");
        assertThat(other.requests().get(0).getHandshakeServerNames()).containsExactly("login.example.com");
    }

    @Test
    void cookiesGoByTheServiceAndComeBack() throws IOException {
        List<Cookie> kept = new CopyOnWriteArrayList<>();
        settings = builder -> builder.cookieJar(new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
                assertThat(url.host()).isEqualTo(SERVICE);
                kept.addAll(cookies);
            }

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                return kept.stream().filter(cookie -> cookie.matches(url)).toList();
            }
        });
        Server server = plain(request -> new MockResponse.Builder()
                .addHeader("Set-Cookie", "a=1; Domain=example.com; Path=/v2; HttpOnly")
                .addHeader("Set-Cookie", "b=2; path=/v2/deep")
                .addHeader("Set-Cookie", "c=3; Domain=elsewhere.org")
                .body(String.valueOf(request.getHeaders().get("Cookie")))
                .build());
        source.set(List.of(server.endpoint().withAuthority(EU).withBasePath("/v2")));
        OkHttpClient client = client();

        assertThat(ask(client, "http://orders.svc/x")).isEqualTo("null");
        assertThat(ask(client, "http://orders.svc/x")).isEqualTo("a=1");
        assertThat(ask(client, "http://orders.svc/deep/x"))
                .contains("a=1", "b=2")
                .doesNotContain("c=3");
    }

    @Test
    void aWebSocketIsOpenedByTheEndpointsNameBelowItsBasePath() throws Exception {
        Server server = plain(request -> new MockResponse.Builder()
                .webSocketUpgrade(new WebSocketListener() {
                    @Override
                    public void onOpen(WebSocket socket, Response response) {
                        socket.send("hello");
                        socket.close(1000, null);
                    }
                })
                .build());
        source.set(List.of(server.endpoint().withAuthority(EU).withBasePath("/v2")));
        CompletableFuture<String> heard = new CompletableFuture<>();
        client().newWebSocket(new Request.Builder().url("ws://orders.svc/live").build(), new WebSocketListener() {
            @Override
            public void onMessage(WebSocket socket, String text) {
                heard.complete(text);
                socket.close(1000, null);
            }

            @Override
            public void onFailure(WebSocket socket, Throwable problem, Response response) {
                heard.completeExceptionally(problem);
            }
        });

        assertThat(heard.get(20, TimeUnit.SECONDS)).isEqualTo("hello");
        assertThat(server.requests().get(0).getUrl().host()).isEqualTo(EU);
        assertThat(server.requests().get(0).getTarget()).isEqualTo("/v2/live");
    }

    @Test
    void healthChecksAskInTheSameTerms() throws Exception {
        Server server = tls(EU, false, request -> Server.ok("fine"));
        Endpoint endpoint = server.endpoint().withAuthority(EU).withBasePath("/v2");
        source.set(List.of(endpoint));
        OkHttpHealthCheck overOkHttp = OkHttpHealthCheck.get("https://orders.svc/health");
        OkHttpClient client = client(LoadBalancer.builder(SERVICE)
                .endpoints(source)
                .healthCheck(overOkHttp)
                .build());
        CheckTarget target = new CheckTarget(SERVICE, endpoint, Duration.ofSeconds(20));

        assertThat(overOkHttp.check(target).join()).isEqualTo(CheckResult.PASSED);
        assertThat(HttpHealthCheck.get("/health")
                        .tls(trust.sslContext())
                        .check(target)
                        .join())
                .isEqualTo(CheckResult.PASSED);
        assertThat(HttpHealthCheck.get("/health")
                        .tls(trust.sslContext())
                        .check(new CheckTarget(SERVICE, endpoint.withAuthority(""), Duration.ofSeconds(20)))
                        .join()
                        .kind())
                .isEqualTo(CheckResult.Kind.FAILED);
        assertThat(server.requests()).hasSizeGreaterThanOrEqualTo(2).allSatisfy(request -> {
            assertThat(request.getTarget()).isEqualTo("/v2/health");
            assertThat(request.getUrl().host()).isEqualTo(EU);
            assertThat(request.getHandshakeServerNames()).containsExactly(EU);
        });
        assertThat(client).isNotNull();
    }
}
