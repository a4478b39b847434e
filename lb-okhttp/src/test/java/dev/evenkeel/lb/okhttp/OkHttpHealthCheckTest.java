package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import mockwebserver3.SocketEffect;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OkHttpHealthCheckTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private OkHttpHealthCheck bound(String url) {
        OkHttpHealthCheck health = OkHttpHealthCheck.get(url);
        fleet.wrapping(wrapping -> wrapping.healthCheck(health)).balanced();
        return health;
    }

    private static CheckResult resultOf(OkHttpHealthCheck health, Endpoint endpoint, Duration timeout) {
        return health.check(new CheckTarget(Fleet.SERVICE, endpoint, timeout)).join();
    }

    private static CheckResult resultOf(OkHttpHealthCheck health, Endpoint endpoint) {
        return resultOf(health, endpoint, PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCheckWarmsTheConnectionOfTheRequestsToItsEndpointAndHasTheirIdentity(boolean http2) throws IOException {
        fleet.tls(Fleet.SERVICE);
        if (http2) {
            fleet.protocols(Protocol.HTTP_2, Protocol.HTTP_1_1);
        }
        Server server = fleet.add("fine");
        Server other = fleet.add("other");
        OkHttpHealthCheck health = bound("https://orders.svc/health");

        assertThat(resultOf(health, server.endpoint())).isEqualTo(CheckResult.PASSED);
        assertThat(fleet.ask()).isEqualTo("200 fine");

        assertThat(server.requests()).hasSize(2).allSatisfy(request -> {
            assertThat(request.getHandshakeServerNames()).containsExactly(Fleet.SERVICE);
            assertThat(request.getUrl().host()).isEqualTo(Fleet.SERVICE);
        });
        assertThat(server.requests().get(0).getUrl().encodedPath()).isEqualTo("/health");
        assertThat(server.connections()).isOne();
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void aCheckIsNoAttemptAndNoneOfTheUsersInterceptorsSeesIt() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        fleet.client(client -> client.addInterceptor(chain -> {
                    seen.add("application");
                    return chain.proceed(chain.request());
                })
                .addNetworkInterceptor(chain -> {
                    seen.add("network");
                    return chain.proceed(chain.request());
                }));
        CountDownLatch asked = new CountDownLatch(1);
        Server server = fleet.add(request -> {
            assertThat(fleet.inFlight()).isZero();
            asked.countDown();
            return Server.ok("fine");
        });

        assertThat(resultOf(bound("http://orders.svc/health"), server.endpoint()))
                .isEqualTo(CheckResult.PASSED);

        assertThat(asked.getCount()).isZero();
        assertThat(seen).isEmpty();
        assertThat(fleet.samples()).isEmpty();
    }

    @Test
    void itFailsByStatusAndFollowsNoRedirect() {
        Server broken = fleet.add(request -> Server.status(500));
        Server elsewhere = fleet.add(
                Server.always(answer -> answer.code(302).addHeader("Location", "http://orders.svc/elsewhere")));
        OkHttpHealthCheck health = bound("http://orders.svc/health");

        assertThat(resultOf(health, broken.endpoint())).isEqualTo(CheckResult.failed("GET /health: HTTP 500"));
        assertThat(resultOf(health, elsewhere.endpoint())).isEqualTo(CheckResult.failed("GET /health: HTTP 302"));
        assertThat(broken.requests()).hasSize(1);
    }

    @Test
    void itFailsWhereNobodyListens() {
        Endpoint dead = fleet.addDead();

        assertThat(resultOf(bound("http://orders.svc/health"), dead).reason())
                .startsWith("GET /health: ConnectException: ");
    }

    @Test
    void itFailsWhereAnotherNameIsProven() {
        fleet.tls("payments.svc");
        Server impostor = fleet.add("never");

        assertThat(resultOf(bound("https://orders.svc/health"), impostor.endpoint())
                        .reason())
                .startsWith("GET /health: SSLPeerUnverifiedException: ");
        assertThat(impostor.requests()).isEmpty();
    }

    @Test
    void itFailsInTimeWhereNobodyAnswers() {
        CountDownLatch over = new CountDownLatch(1);
        Server silent = fleet.add(request -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Server.ok("late");
        });

        CheckResult late = resultOf(bound("http://orders.svc/health"), silent.endpoint(), Duration.ofMillis(200));
        over.countDown();

        assertThat(late.reason()).startsWith("GET /health: InterruptedIOException: timeout");
    }

    /** Servers keep connections for 5 s, checks come every 10 s. */
    @Test
    void aConnectionThatDiedBetweenChecksIsNotAFailure() {
        Server impatient = fleet.add(
                Server.always(answer -> answer.body("fine").onResponseEnd(SocketEffect.ShutdownConnection.INSTANCE)));
        OkHttpHealthCheck health = bound("http://orders.svc/health");

        for (int i = 0; i < 10; i++) {
            assertThat(resultOf(health, impatient.endpoint())).isEqualTo(CheckResult.PASSED);
        }
    }

    @Test
    void theLoadBalancerTakesAnEndpointOutWhileItFailsItsChecks() throws IOException {
        OkHttpHealthCheck health = OkHttpHealthCheck.get("http://orders.svc/health");
        fleet.balancing(lb -> lb.healthCheck(health, new CheckSchedule(Duration.ofSeconds(4), Fleet.SOON, 1, 1, 32)))
                .wrapping(wrapping -> wrapping.healthCheck(health));
        Server server = fleet.add("first");
        fleet.add("second");
        assertThat(fleet.ask()).isEqualTo("200 first");

        server.behave(request -> Server.status(request.getUrl().encodedPath().equals("/health") ? 503 : 200));
        Until.until("the first is out", () -> !isAvailable(server));
        assertThat(fleet.loadBalancer().endpoints().get(0).detail()).startsWith("GET /health: HTTP 503");
        assertThat(fleet.ask()).isEqualTo("200 second");

        server.behave(request -> Server.ok("first again"));
        Until.until("the first is back", () -> isAvailable(server));
        Until.until("it is used", () -> askQuietly().equals("200 first again"));
    }

    private String askQuietly() {
        try {
            return fleet.ask();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private boolean isAvailable(Server server) {
        return fleet.loadBalancer().endpoints().stream()
                .filter(status -> status.endpoint().equals(server.endpoint()))
                .allMatch(status -> status.availability().isAvailable());
    }

    private static final CheckSchedule QUICK =
            new CheckSchedule(Duration.ofMillis(500), Duration.ofMillis(400), 2, 1, 32);

    @Test
    void theFirstClientOfALoadBalancerSendsItsCheckWithoutBeingGivenIt() throws Exception {
        fleet.balancing(lb -> lb.healthCheck(OkHttpHealthCheck.get("http://orders.svc/health"), QUICK));
        Server server = fleet.add("fine");
        EvenkeelOkHttp first = fleet.balanced();
        Until.until(
                "it is checked",
                () -> server.requests().stream()
                        .anyMatch(request -> request.getUrl().encodedPath().equals("/health")));

        try (EvenkeelOkHttp second = EvenkeelOkHttp.builder(new OkHttpClient(), LoadBalancers.of(fleet.loadBalancer()))
                .build()) {
            assertThat(second.client()).as("another one is no error").isNotNull();
        }
        int before = server.requests().size();
        Until.until("the first goes on", () -> server.requests().size() > before);
        first.close();
    }

    @Test
    void aCheckThatNoClientSendsIsSaidOnceAndTakesNothingOut() {
        List<Event> events = new CopyOnWriteArrayList<>();
        fleet.balancing(lb -> lb.healthCheck(OkHttpHealthCheck.get("http://orders.svc/health"), QUICK)
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onEvent(Event event) {
                        events.add(event);
                    }
                }));
        Server server = fleet.add("fine");
        fleet.add("fine too");
        fleet.loadBalancer();
        Until.until("it is said", () -> !events(events).isEmpty());

        assertThat(events(events))
                .singleElement()
                .asString()
                .contains("GET /health over OkHttp", "no client sends it; build one with EvenkeelOkHttp");
        assertThat(isAvailable(server)).isTrue();
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void whenItsClientIsClosedNoEndpointStaysOutForTheCheck() {
        CheckSchedule once = new CheckSchedule(Duration.ofSeconds(2), Duration.ofMillis(1_500), 1, 1, 32);
        fleet.balancing(lb -> lb.healthCheck(OkHttpHealthCheck.get("http://orders.svc/health"), once));
        Server broken = fleet.add(request -> Server.status(500));
        fleet.add("fine");
        EvenkeelOkHttp balanced = fleet.balanced();
        Until.until("it is out", () -> !isAvailable(broken));

        balanced.close();
        Until.until("it is back", () -> isAvailable(broken));
        int asked = broken.requests().size();
        balanced.close();
        assertThat(isAvailable(broken)).isTrue();
        assertThat(broken.requests()).hasSize(asked);
    }

    private static List<Event> events(List<Event> all) {
        return all.stream()
                .filter(event -> event.type() == Event.Type.UNCHECKED)
                .toList();
    }

    @Test
    void aCheckWhoseUrlIsOfAnotherServiceSaysSo() {
        Server server = fleet.add("fine");
        OkHttpHealthCheck health = bound("http://orders.svc/health");

        CheckResult result = health.check(new CheckTarget("payments.svc", server.endpoint(), PATIENCE))
                .join();

        assertThat(result.kind()).isEqualTo(CheckResult.Kind.UNKNOWN);
        assertThat(result.reason()).contains("its URL is of orders.svc, must begin with http://payments.svc");
    }

    @Test
    void withoutAClientNothingIsKnown() {
        Server server = fleet.add("fine");
        OkHttpHealthCheck health = OkHttpHealthCheck.get("http://orders.svc/health");
        assertThat(resultOf(health, server.endpoint()).kind()).isEqualTo(CheckResult.Kind.UNKNOWN);

        fleet.wrapping(wrapping -> wrapping.healthCheck(health)).balanced().close();

        assertThat(resultOf(health, server.endpoint()).kind()).isEqualTo(CheckResult.Kind.UNKNOWN);
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void aCheckBelongsToOneServiceAndOneClient() {
        fleet.add("fine");
        OkHttpHealthCheck health = bound("http://orders.svc/health");
        LoadBalancers services = LoadBalancers.of(fleet.loadBalancer());
        EvenkeelOkHttpBuilder builder = EvenkeelOkHttp.builder(new OkHttpClient(), services);

        assertThatThrownBy(() -> builder.healthCheck(OkHttpHealthCheck.get("http://payments.svc/health")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("payments.svc");
        builder.healthCheck(health);
        assertThatThrownBy(() -> builder.healthCheck(health))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("orders.svc has two health checks");
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("belongs to another client");
    }
}
