package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What OkHttp does between a request and its answer, it does with the logical URL and the picked endpoint. */
class FollowUpTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private static MockResponse redirect(String location) {
        return new MockResponse.Builder()
                .code(302)
                .addHeader("Location", location)
                .build();
    }

    @Test
    void relativeRedirectStaysAtTheEndpoint() throws IOException {
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        for (int i = 0; i < 2; i++) {
            fleet.add(request -> request.getTarget().equals("/") ? redirect("/next") : Server.ok("arrived"));
        }
        for (int i = 0; i < 4; i++) {
            try (Response response =
                    fleet.client().newCall(fleet.request("/").build()).execute()) {
                assertThat(response.request().url()).hasToString("http://orders.svc/next");
                assertThat(response.body().string()).isEqualTo("arrived");
            }
        }
        assertThat(fleet.served()).isEqualTo(8);
        assertThat(fleet.kinds()).hasSize(4).containsOnly(Kind.SUCCESS);
        assertThat(fleet.balanced().misrouted()).isZero();
    }

    @Test
    void redirectToAnotherHostIsTheClientsOwnAffair() throws IOException {
        try (Server other = new Server(request -> Server.ok("elsewhere"), List.of(Protocol.HTTP_1_1), null)) {
            fleet.add(
                    request -> redirect("http://other.test:" + other.endpoint().port() + "/"));
            try (Response response = fleet.client().newCall(Fleet.get("/")).execute()) {
                assertThat(fleet.inFlight()).as("until the body is read").isOne();
                assertThat(response.body().string()).isEqualTo("elsewhere");
            }
            assertThat(other.requests().get(0).getHeaders().get("Host"))
                    .isEqualTo("other.test:" + other.endpoint().port());
        }
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
        assertThat(fleet.balanced().misrouted()).isZero();
    }

    @Test
    void failureOfAnotherHostIsNotHeldAgainstTheEndpoint() {
        fleet.add(request -> redirect("http://other.test:1/"));
        fleet.add("never");
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
        assertThat(fleet.served()).isOne();
    }

    @Test
    void breakAtAnotherHostIsNotHeldAgainstTheEndpointEither() {
        try (Server other = new Server(
                request -> new MockResponse.Builder()
                        .onResponseStart(new SocketEffect.CloseSocket())
                        .build(),
                List.of(Protocol.HTTP_1_1),
                null)) {
            fleet.add(
                    request -> redirect("http://other.test:" + other.endpoint().port() + "/"));
            fleet.add("never");
            assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
            assertThat(other.requests()).hasSize(1);
        }
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
        assertThat(fleet.served()).isOne();
    }

    @Test
    void redirectToAnotherServiceFindsItsEndpoints() throws IOException {
        fleet.add(request -> redirect("http://payments.svc/"));
        try (Server other = new Server(request -> Server.ok("paid"), List.of(Protocol.HTTP_1_1), null);
                LoadBalancer payments = LoadBalancer.builder("payments.svc")
                        .endpoints(EndpointSource.of(other.address()))
                        .build()) {
            OkHttpClient client =
                    EvenkeelOkHttp.wrap(fleet.plainClient().build(), LoadBalancers.of(fleet.loadBalancer(), payments));
            try (Response response = client.newCall(Fleet.get("/")).execute()) {
                assertThat(response.body().string()).isEqualTo("paid");
            }
            assertThat(other.requests().get(0).getHeaders().get("Host")).isEqualTo("payments.svc");
        }
    }

    @Test
    void redirectToAServiceWithoutEndpointsSaysSo() {
        fleet.add(request -> redirect("http://payments.svc/"));
        try (LoadBalancer payments = LoadBalancer.builder("payments.svc")
                .endpoints(EndpointSource.of())
                .build()) {
            OkHttpClient client =
                    EvenkeelOkHttp.wrap(fleet.plainClient().build(), LoadBalancers.of(fleet.loadBalancer(), payments));
            assertThatThrownBy(() -> client.newCall(Fleet.get("/")).execute())
                    .isInstanceOf(NoEndpointIOException.class)
                    .hasMessageContaining("payments.svc");
        }
    }

    @Test
    void failureOfTheEndpointAfterItsRedirectCounts() throws IOException {
        fleet.add(request -> request.getTarget().equals("/")
                ? redirect("/next")
                : new MockResponse.Builder()
                        .onResponseStart(new SocketEffect.CloseSocket())
                        .build());
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.BROKEN, Kind.SUCCESS);
    }

    @Test
    void logInStaysAtTheEndpoint() throws IOException {
        fleet.client(c -> c.authenticator((route, response) -> response.request()
                .newBuilder()
                .header("Authorization", "secret")
                .build()));
        Server server = fleet.add(request ->
                request.getHeaders().get("Authorization") == null ? Server.status(401) : Server.ok("welcome"));
        fleet.add("never");
        assertThat(fleet.ask()).isEqualTo("200 welcome");
        assertThat(server.requests()).hasSize(2);
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
    }

    @Test
    void logInThatIsRefusedIsARefusal() throws IOException {
        fleet.client(c -> c.authenticator((route, response) -> response.priorResponse() != null
                ? null
                : response.request()
                        .newBuilder()
                        .header("Authorization", "wrong")
                        .build()));
        Server server = fleet.add(request -> Server.status(401));
        fleet.add("never");
        assertThat(fleet.ask()).isEqualTo("401 status 401");
        assertThat(server.requests()).hasSize(2);
        assertThat(fleet.kinds()).containsExactly(Kind.REJECTED);
        fleet.awaitNothingInFlight();
    }

    @Test
    void cookiesBelongToTheService() throws IOException {
        List<Cookie> jar = new CopyOnWriteArrayList<>();
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()))
                .client(c -> c.cookieJar(new CookieJar() {
                    @Override
                    public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {
                        assertThat(url.host()).isEqualTo(Fleet.SERVICE);
                        jar.addAll(cookies);
                    }

                    @Override
                    public List<Cookie> loadForRequest(HttpUrl url) {
                        assertThat(url.host()).isEqualTo(Fleet.SERVICE);
                        return jar;
                    }
                }));
        for (int i = 0; i < 2; i++) {
            fleet.add(request -> request.getHeaders().get("Cookie") == null
                    ? new MockResponse.Builder()
                            .addHeader("Set-Cookie", "session=7")
                            .body("new")
                            .build()
                    : Server.ok(request.getHeaders().get("Cookie")));
        }
        assertThat(fleet.ask()).isEqualTo("200 new");
        assertThat(fleet.ask()).isEqualTo("200 session=7");
    }

    /** The release probe must not leave traces in the user's jar. */
    @Test
    void retryShowsTheCookieJarOnlyTheService() throws IOException {
        List<String> hosts = new CopyOnWriteArrayList<>();
        fleet.client(c -> c.cookieJar(new CookieJar() {
            @Override
            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}

            @Override
            public List<Cookie> loadForRequest(HttpUrl url) {
                hosts.add(url.host());
                return List.of();
            }
        }));
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(hosts).containsExactly(Fleet.SERVICE, Fleet.SERVICE);
    }
}
