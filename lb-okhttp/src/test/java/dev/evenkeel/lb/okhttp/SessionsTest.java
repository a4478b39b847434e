package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.StickySessions;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Hedging;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions stay where they live; with round robin, so that no two requests would go there by chance. */
class SessionsTest {
    private static final String COOKIE = "lb";

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final List<Server> servers = new ArrayList<>();

    private void start(
            UnaryOperator<StickySessions> sticky,
            UnaryOperator<EvenkeelOkHttpBuilder> sessions,
            java.util.function.Function<String, java.util.function.Function<RecordedRequest, MockResponse>> behaviour) {
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin())
                        .stickySessions(sticky.apply(StickySessions.DEFAULT))
                        .subsets(MetadataSubsets.by("role").fallingBackToAny()))
                .wrapping(sessions);
        for (String name : List.of("a", "b", "c")) {
            servers.add(fleet.add(behaviour.apply(name)));
        }
    }

    private void start(UnaryOperator<EvenkeelOkHttpBuilder> sessions) {
        start(sticky -> sticky, sessions, name -> request -> Server.ok(name));
    }

    private void startWithCookie() {
        start(client -> client.sessionCookie(Fleet.SERVICE, COOKIE));
    }

    private Server server(String name) {
        return servers.get("abc".indexOf(name));
    }

    /** What came back: who served it, and the cookie of ours that was set. */
    private record Answer(String server, @Nullable String setCookie) {
        String cookie() {
            assertThat(setCookie).isNotNull();
            return String.valueOf(setCookie).split(";", 2)[0];
        }
    }

    private Answer ask(Request request) throws IOException {
        try (Response response = fleet.client().newCall(request).execute()) {
            return new Answer(response.body().string(), response.header("Set-Cookie"));
        }
    }

    private Answer askWith(@Nullable String cookie) throws IOException {
        Request.Builder request = fleet.request("/");
        return ask(
                cookie == null
                        ? request.build()
                        : request.header("Cookie", cookie).build());
    }

    private void assertThatItStays(String cookie, String server) throws IOException {
        for (int i = 0; i < 6; i++) {
            assertThat(askWith(cookie)).isEqualTo(new Answer(server, null));
        }
    }

    private void eject(String cookie, String server) throws IOException {
        server(server).behave(request -> Server.status(500));
        for (int i = 0; i < 5; i++) {
            askWith(cookie);
        }
        server(server).behave(request -> Server.ok(server));
    }

    // A cookie of ours.

    @Test
    void aClientWithoutCookieIsGivenOneAndComesBack() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        assertThat(first.setCookie()).matches("lb=[\\w-]{22}\\.\\w+; Path=/; Max-Age=1800; HttpOnly");
        assertThatItStays("x=y; " + first.cookie(), first.server());
    }

    @Test
    void theCookieHasTheAttributesThatItIsGiven() throws IOException {
        SessionCookie cookie = SessionCookie.named(COOKIE).withSecure(true).withSameSite(SessionCookie.SameSite.NONE);
        start(client -> client.sessionCookie(Fleet.SERVICE, cookie));
        Answer first = askWith(null);
        assertThat(first.setCookie())
                .matches("lb=[\\w-]{22}\\.\\w+; Path=/; Max-Age=1800; HttpOnly; Secure; SameSite=None");
        assertThatItStays(first.cookie(), first.server());
        assertThat(cookie.withSameSite(SessionCookie.SameSite.STRICT).text("v", 5))
                .isEqualTo("lb=v; Path=/; Max-Age=5; HttpOnly; Secure; SameSite=Strict");
    }

    @Test
    void aCookieThatBrowsersRefuseIsRefused() {
        assertThatThrownBy(() -> SessionCookie.named("lb").withSameSite(SessionCookie.SameSite.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SameSite=None")
                .hasMessageContaining("withSecure(true)");
        assertThatThrownBy(() -> SessionCookie.named("a b")).hasMessageContaining("must be a token");
    }

    @Test
    void newClientsAreSpreadAsThePolicySays() throws IOException {
        startWithCookie();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            seen.add(askWith(null).server());
        }
        assertThat(seen).hasSize(3);
    }

    @Test
    void theCookieSaysNothingOfTheNetwork() throws IOException {
        startWithCookie();
        for (int i = 0; i < 3; i++) {
            assertThat(askWith(null).setCookie()).doesNotContain("127.0.0.1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lb=", "lb=AAAAAAAAAAAAAAAAAAAAAA.abc", "lb=127.0.0.1:80", "lb=.", "lb=\"", "lb"})
    void aForgedCookieIsReplaced(String forged) throws IOException {
        startWithCookie();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            Answer answer = askWith(forged);
            assertThat(answer.cookie()).isNotEqualTo(forged);
            seen.add(answer.server());
        }
        assertThat(seen).as("each begins a session").hasSize(3);
    }

    @Test
    void aCookieOfAMegabyteIsReplacedAndTheCallGoesOn() throws IOException {
        startWithCookie();
        String huge = "x".repeat(1_000_000);
        String good = askWith(null).cookie();
        for (String cookie : List.of("lb=" + huge, good + huge, "a=" + huge + "; " + good)) {
            Request request = fleet.request("/").header("Cookie", cookie).build();
            try (Response response = fleet.client().newCall(request).execute()) {
                Answer answer = new Answer(response.body().string(), response.header("Set-Cookie"));
                assertThat(response.code()).isEqualTo(200);
                assertThat(answer.setCookie()).matches("lb=[\\w-]{22}\\.\\w+; Path=/; Max-Age=1800; HttpOnly");
                assertThat(server(answer.server()).requests())
                        .anyMatch(asked -> cookie.equals(asked.getHeaders().get("Cookie")));
                assertThatItStays(answer.cookie(), answer.server());
            }
        }
    }

    @Test
    void aMegabyteOfOthersBehindTheCookieChangesNothing() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        assertThatItStays(first.cookie() + "; a=" + "x".repeat(1_000_000), first.server());
    }

    @Test
    void ejectionBreaksASessionAndItDoesNotGoBack() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        eject(first.cookie(), first.server());
        Answer moved = askWith(first.cookie());
        assertThat(moved.server()).isNotEqualTo(first.server());
        assertThatItStays(moved.cookie(), moved.server());
    }

    @Test
    void anEndpointThatDrainsKeepsItsClientsAndGetsNoNewOnes() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        fleet.loadBalancer().drain(server(first.server()).endpoint().id());
        assertThatItStays(first.cookie(), first.server());
        for (int i = 0; i < 6; i++) {
            assertThat(askWith(null).server()).isNotEqualTo(first.server());
        }
        Until.until("its connections are kept, once all have heard that it drains", () -> {
            int before = server(first.server()).connections();
            try {
                assertThatItStays(first.cookie(), first.server());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return server(first.server()).connections() == before;
        });
    }

    @Test
    void aRetryGoesElsewhereAndTheClientComesBack() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        Server home = server(first.server());
        home.behave(request -> Server.status(503));
        Answer retried = askWith(first.cookie());
        assertThat(retried.server()).isNotEqualTo(first.server());
        assertThat(retried.setCookie()).isNull();
        home.behave(request -> Server.ok(first.server()));
        assertThatItStays(first.cookie(), first.server());
    }

    @Test
    void aRetryTakesTheClientAlongIfItsEndpointIsDead() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        fleet.kill(server(first.server()));
        Answer moved = askWith(first.cookie());
        assertThat(moved.server()).isNotEqualTo(first.server());
        assertThatItStays(moved.cookie(), moved.server());
    }

    @Test
    void anErrorBeginsNoSession() throws IOException {
        startWithCookie();
        servers.forEach(server -> server.behave(request -> Server.status(500)));
        assertThat(askWith(null).setCookie()).isNull();
    }

    @Test
    void aCookieInUseIsRenewedInTime() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        String token = first.cookie().split("\\.", 2)[0];
        long now = TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
        assertThatItStays(token + "." + Long.toString(now - 600, 36), first.server());
        String pastItsTime = Long.toString(now - 100_000, 36); // what a browser would not send any more
        for (String made :
                List.of(Long.toString(now - 1000, 36), pastItsTime, Long.toString(now + 1000, 36), "?", "")) {
            Answer renewed = askWith(token + "." + made);
            assertThat(renewed.server()).isEqualTo(first.server());
            assertThat(renewed.cookie()).startsWith(token + ".");
        }
        fleet.loadBalancer().drain(server(first.server()).endpoint().id());
        assertThat(askWith(token + "." + Long.toString(now - 1000, 36)).setCookie())
                .as("not by whoever drains")
                .isNull();
    }

    @Test
    void instancesOfAGatewayWithOneSecretUnderstandEachOther() throws IOException {
        start(
                sticky -> sticky.withSecret("correct horse battery staple"),
                client -> client.sessionCookie(Fleet.SERVICE, COOKIE),
                name -> request -> Server.ok(name));
        Answer first = askWith(null);
        try (LoadBalancer other = LoadBalancer.builder(Fleet.SERVICE)
                        .policy(LoadBalancingPolicy.roundRobin())
                        .stickySessions(StickySessions.DEFAULT.withSecret("correct horse battery staple"))
                        .endpoints(fleet.source())
                        .build();
                EvenkeelOkHttp gateway = EvenkeelOkHttp.builder(
                                fleet.plainClient().build(), LoadBalancers.of(other))
                        .sessionCookie(Fleet.SERVICE, COOKIE)
                        .build()) {
            for (int i = 0; i < 6; i++) {
                Request request =
                        fleet.request("/").header("Cookie", first.cookie()).build();
                try (Response response = gateway.client().newCall(request).execute()) {
                    assertThat(response.body().string()).isEqualTo(first.server());
                    assertThat(response.header("Set-Cookie")).isNull();
                }
            }
            gateway.client().connectionPool().evictAll();
        }
    }

    @Test
    void aClientWithAJarOfItsOwnKeepsTheCookieThere() throws IOException {
        Jar jar = new Jar();
        fleet.client(c -> c.cookieJar(jar));
        startWithCookie();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            seen.add(ask(fleet.request("/").build()).server());
        }
        assertThat(seen).hasSize(1);
        assertThat(jar.cookies).singleElement().satisfies(cookie -> {
            assertThat(cookie.name()).isEqualTo(COOKIE);
            assertThat(cookie.httpOnly()).isTrue();
        });
    }

    @Test
    void aJarThatFailsCostsTheSessionAndNotTheCall() throws IOException {
        fleet.client(c -> c.cookieJar(new CookieJar() {
            private int asked;

            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
                throw new IllegalStateException("disk full");
            }

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                if (asked++ % 2 == 0) {
                    throw new IllegalStateException("we are asked before OkHttp is");
                }
                return List.of();
            }
        }));
        startWithCookie();
        assertThat(askWith(null).server()).isIn("a", "b", "c");
    }

    /** Kotlin has no checked exceptions, so a jar may throw what its methods do not declare. */
    @Test
    void aJarInKotlinThatFailsCostsTheSessionAndNotTheCall() throws IOException {
        fleet.client(c -> c.cookieJar(new CookieJar() {
            private int asked;

            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
                Sneaky.raise(new IOException("disk full"));
            }

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                if (asked++ % 2 == 0) {
                    Sneaky.raise(new IOException("we are asked before OkHttp is"));
                }
                return List.of();
            }
        }));
        startWithCookie();
        assertThat(askWith(null).server()).isIn("a", "b", "c");
    }

    @Test
    void aJarThatCannotSaveCostsTheSessionAndNotTheCall() throws IOException {
        fleet.client(c -> c.cookieJar(new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
                throw new IllegalStateException("disk full");
            }

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                return List.of();
            }
        }));
        startWithCookie();
        assertThat(askWith(null).setCookie()).startsWith("lb=");
    }

    @Test
    void aRequestForOtherEndpointsLeavesTheSessionWhereItIs() throws IOException {
        startWithCookie();
        Answer first = askWith(null);
        Request read = fleet.request("/")
                .header("Cookie", first.cookie())
                .tag(Subset.class, Subset.of("role", "replica"))
                .build();
        for (int i = 0; i < 3; i++) {
            assertThat(ask(read).setCookie()).isNull();
        }
        assertThatItStays(first.cookie(), first.server());
    }

    @Test
    void anAnswerFromTheCacheBeginsNoSession() throws IOException {
        startWithCookie();
        servers.forEach(server ->
                server.behave(Server.always(r -> r.body("cached").addHeader("Cache-Control", "max-age=100"))));
        java.nio.file.Path directory = java.nio.file.Files.createTempDirectory("evenkeel");
        try (okhttp3.Cache cache = new okhttp3.Cache(directory.toFile(), 100_000)) {
            fleet.client(c -> c.cache(cache));
            assertThat(askWith(null).setCookie()).isNotNull();
            assertThat(askWith(null)).isEqualTo(new Answer("cached", null));
            cache.delete();
        }
    }

    @Test
    void theAnswerOfAnotherHostBeginsNoSession() throws IOException {
        startWithCookie();
        try (Server other = new Server(request -> Server.ok("other"), List.of(okhttp3.Protocol.HTTP_1_1), null)) {
            String location = "http://other.test:" + other.endpoint().port() + "/";
            servers.forEach(
                    server -> server.behave(Server.always(r -> r.code(302).addHeader("Location", location))));
            assertThat(askWith(null)).isEqualTo(new Answer("other", null));
        }
    }

    @Test
    void aWebSocketBelongsToASessionToo() throws Exception {
        startWithCookie();
        Answer first = askWith(null);
        servers.forEach(server -> server.behave(request -> new MockResponse.Builder()
                .webSocketUpgrade(new WebSocketListener() {
                    @Override
                    public void onOpen(WebSocket socket, Response response) {
                        socket.send(server.address());
                    }

                    @Override
                    public void onClosing(WebSocket socket, int code, String reason) {
                        socket.close(code, reason);
                    }
                })
                .build()));
        for (String cookie : List.of(first.cookie(), "lb=forged")) {
            CompletableFuture<String> greeting = new CompletableFuture<>();
            CompletableFuture<Boolean> told = new CompletableFuture<>();
            WebSocket socket = fleet.client()
                    .newWebSocket(fleet.request("/").header("Cookie", cookie).build(), new WebSocketListener() {
                        @Override
                        public void onOpen(WebSocket opened, Response response) {
                            told.complete(response.header("Set-Cookie") != null);
                        }

                        @Override
                        public void onMessage(WebSocket opened, String text) {
                            greeting.complete(text);
                        }

                        @Override
                        public void onFailure(WebSocket failed, Throwable failure, @Nullable Response response) {
                            greeting.completeExceptionally(failure);
                            told.completeExceptionally(failure);
                        }
                    });
            boolean stale = !cookie.equals(first.cookie());
            assertThat(told.get(10, TimeUnit.SECONDS)).isEqualTo(stale);
            String at = greeting.get(10, TimeUnit.SECONDS);
            assertThat(stale || at.equals(server(first.server()).address())).isTrue();
            socket.close(1000, "done");
        }
        fleet.awaitNothingInFlight();
    }

    @Test
    void aCallThatMayBeHedgedBelongsToASessionToo() throws IOException {
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin())
                        .attemptTimeout(Duration.ofSeconds(30))
                        .hedging(Hedging.DEFAULT)
                        .stickySessions(StickySessions.DEFAULT))
                .wrapping(client -> client.sessionCookie(Fleet.SERVICE, COOKIE));
        for (String name : List.of("a", "b", "c")) {
            servers.add(fleet.add(name));
        }
        Answer first = askWith(null);
        assertThatItStays(first.cookie(), first.server());
        assertThat(askWith("lb=forged").setCookie()).isNotNull();
    }

    // A key of the application's.

    private static MockResponse serveLogIn(String name, RecordedRequest request) {
        MockResponse.Builder response = new MockResponse.Builder().body(name);
        return request.getTarget().equals("/login")
                ? response.addHeader("Set-Cookie", "other=1")
                        .addHeader("Set-Cookie", "JSESSIONID=of-" + name + "; Path=/; HttpOnly")
                        .build()
                : response.build();
    }

    private void startWithKey(KeySource source) {
        start(
                sticky -> sticky,
                client -> client.sessionKey(Fleet.SERVICE, source),
                name -> request -> serveLogIn(name, request));
    }

    private String logIn() throws IOException {
        return ask(fleet.request("/login").build()).server();
    }

    @Test
    void aSessionLivesWhereItsCookieWasSet() throws IOException {
        startWithKey(KeySource.cookie("JSESSIONID"));
        for (int i = 0; i < 3; i++) {
            String home = logIn();
            for (int request = 0; request < 4; request++) {
                assertThat(askWith("JSESSIONID=of-" + home).server()).isEqualTo(home);
            }
        }
    }

    @Test
    void aSessionThatIsKnownByNobodyLivesWhereItIsFirstAnswered() throws IOException {
        startWithKey(KeySource.cookie("JSESSIONID"));
        String home = askWith("JSESSIONID=unknown").server();
        for (int i = 0; i < 6; i++) {
            assertThat(askWith("JSESSIONID=unknown").server()).isEqualTo(home);
        }
    }

    @Test
    void aLogInThatRedirectsIsLearntFrom() throws IOException {
        startWithKey(KeySource.cookie("JSESSIONID"));
        servers.forEach(server -> server.behave(request -> request.getTarget().equals("/login")
                ? new MockResponse.Builder()
                        .code(302)
                        .addHeader("Location", "/home")
                        .addHeader("Set-Cookie", "JSESSIONID=s" + server.address())
                        .build()
                : Server.ok(server.address())));
        for (int i = 0; i < 3; i++) {
            String home = logIn();
            assertThat(askWith("JSESSIONID=s" + home).server()).isEqualTo(home);
            assertThat(askWith("JSESSIONID=s" + home).server()).isEqualTo(home);
        }
    }

    @Test
    void aSessionThatItsEndpointRenamesStaysThere() throws IOException {
        startWithKey(KeySource.cookie("JSESSIONID"));
        String home = askWith("JSESSIONID=before").server();
        Request logIn =
                fleet.request("/login").header("Cookie", "JSESSIONID=before").build();
        assertThat(ask(logIn).server()).isEqualTo(home);
        for (int i = 0; i < 6; i++) {
            assertThat(askWith("JSESSIONID=of-" + home).server()).isEqualTo(home);
        }
    }

    /** As in the Model Context Protocol, whose servers name a session by a response header. */
    @Test
    void aSessionLivesWhereItsHeaderWasSet() throws IOException {
        startWithKey(KeySource.header("Mcp-Session-Id"));
        servers.forEach(server -> server.behave(
                Server.always(r -> r.body(server.address()).addHeader("Mcp-Session-Id", "at " + server.address()))));
        for (int i = 0; i < 3; i++) {
            String home = ask(fleet.request("/").build()).server();
            Request next =
                    fleet.request("/").header("Mcp-Session-Id", "at " + home).build();
            assertThat(ask(next).server()).isEqualTo(home);
            assertThat(ask(next).server()).isEqualTo(home);
        }
    }

    @Test
    void aDeletedOrHugeCookieIsNoSession() throws IOException {
        startWithKey(KeySource.cookie("JSESSIONID"));
        servers.forEach(server ->
                server.behave(Server.always(r -> r.body("bye").addHeader("Set-Cookie", "JSESSIONID=; Max-Age=0"))));
        askWith(null);
        servers.forEach(server -> server.behave(Server.always(
                r -> r.body("bye").addHeader("Set-Cookie", "JSESSIONID=" + "x".repeat(5_000)))));
        askWith(null);
        assertThat(java.util.Objects.requireNonNull(fleet.loadBalancer().sessions())
                        .size())
                .isZero();
    }

    @Test
    void aJarOfTheClientsOwnHoldsTheSessionsKey() throws IOException {
        fleet.client(c -> c.cookieJar(new Jar()));
        startWithKey(KeySource.cookie("JSESSIONID"));
        String home = logIn();
        for (int i = 0; i < 6; i++) {
            assertThat(ask(fleet.request("/").build()).server()).isEqualTo(home);
        }
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        fleet.add("a");
        fleet.wrapping(client -> {
            assertThatThrownBy(() -> client.sessionCookie(Fleet.SERVICE, COOKIE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("sessionCookie", "orders.svc", "stickySessions");
            assertThatThrownBy(() -> client.sessionCookie(Fleet.SERVICE, "a b"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'a b'");
            return client;
        });
        assertThat(fleet.client()).isNotNull();
        try (LoadBalancer sticky = LoadBalancer.builder(Fleet.SERVICE)
                .endpoints(fleet.source())
                .stickySessions(StickySessions.DEFAULT)
                .build()) {
            EvenkeelOkHttpBuilder client = EvenkeelOkHttp.builder(
                            fleet.plainClient().build(), LoadBalancers.of(sticky))
                    .sessionCookie(Fleet.SERVICE, COOKIE);
            assertThatThrownBy(() -> client.sessionKey(Fleet.SERVICE, KeySource.cookie("JSESSIONID")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("orders.svc", "sessionKey", "sessionCookie");
        }
    }

    /** A jar that keeps what is newest. */
    private static final class Jar implements CookieJar {
        private final List<Cookie> cookies = new CopyOnWriteArrayList<>();

        @Override
        public void saveFromResponse(HttpUrl url, List<Cookie> fresh) {
            for (Cookie cookie : fresh) {
                cookies.removeIf(known -> known.name().equals(cookie.name()));
                cookies.add(cookie);
            }
        }

        @Override
        public List<Cookie> loadForRequest(HttpUrl url) {
            return List.copyOf(cookies);
        }
    }
}
