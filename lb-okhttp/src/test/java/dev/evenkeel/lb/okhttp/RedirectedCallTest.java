package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A redirect that leads to a service makes a call of that service: it is picked, repeated, learnt from and in flight. */
class RedirectedCallTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet(); // orders.svc, where redirects lead

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<Outcome> gates = new CopyOnWriteArrayList<>(); // outcomes at gate.svc
    private @Nullable LoadBalancer gate;
    private @Nullable EvenkeelOkHttp balanced;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : opened) {
            closeable.close();
        }
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static MockResponse redirect(int code, String location) {
        return new MockResponse.Builder()
                .code(code)
                .addHeader("Location", location)
                .build();
    }

    private Server elsewhere(int code, String location) {
        return opened(new Server(request -> redirect(code, location), List.of(Protocol.HTTP_1_1), null));
    }

    /** Balances {@code gate.svc} beside the fleet, over servers that send everything on to this place. */
    private EvenkeelOkHttp gateTo(int code, String location, boolean hedged) {
        Server server = elsewhere(code, location);
        LoadBalancer loadBalancer = opened((hedged
                        ? LoadBalancer.builder("gate.svc").attemptTimeout(Duration.ofHours(1))
                        : LoadBalancer.builder("gate.svc"))
                .endpoints(dev.evenkeel.lb.endpoint.EndpointSource.of(server.address()))
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        gates.add(outcome);
                    }
                })
                .build());
        if (hedged) {
            fleet.balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
        }
        gate = loadBalancer;
        EvenkeelOkHttp made = opened(EvenkeelOkHttp.builder(
                        fleet.plainClient().build(), LoadBalancers.of(fleet.loadBalancer(), loadBalancer))
                .build());
        balanced = made;
        return made;
    }

    private static Request.Builder gate() {
        return new Request.Builder().url("http://gate.svc/");
    }

    private static String ask(EvenkeelOkHttp balanced, Request request) throws IOException {
        try (Response response = balanced.client().newCall(request).execute()) {
            return response.code() + " " + response.body().string();
        }
    }

    private int inFlightAtTheGate() {
        return gate == null
                ? 0
                : gate.endpoints().stream().mapToInt(EndpointStatus::inFlight).sum();
    }

    private void assertNothingIsLeft() {
        fleet.awaitNothingInFlight();
        Until.until("nothing is in flight at the gate", () -> inFlightAtTheGate() == 0);
        assertThat(balanced == null ? 0 : balanced.misrouted()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDeadEndpointOfTheSecondServiceFailsNoCallAndIsLearnt(boolean hedged) throws IOException {
        fleet.addDead();
        Server good = fleet.add("fine");
        EvenkeelOkHttp client = gateTo(302, "http://orders.svc/", hedged);
        for (int i = 0; i < 20; i++) {
            assertThat(ask(client, gate().build())).isEqualTo("200 fine");
        }
        assertThat(good.requests()).hasSize(20);
        assertThat(gates)
                .hasSize(20)
                .allSatisfy(outcome -> assertThat(outcome.kind()).isEqualTo(Kind.SUCCESS));
        assertThat(fleet.kinds()).hasSize(21).containsOnlyOnce(Kind.CONNECT_FAILED);
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFailureOfTheSecondServiceIsRepeatedThereAndNotAtTheFirst(boolean hedged) throws IOException {
        fleet.add(request -> Server.status(503));
        fleet.add(request -> new MockResponse.Builder()
                .onResponseStart(new SocketEffect.CloseSocket())
                .build());
        fleet.add("fine");
        EvenkeelOkHttp client = gateTo(302, "http://orders.svc/", hedged);
        Call call = client.client().newCall(gate().build());
        try (Response response = call.execute()) {
            assertThat(response.body().string()).isEqualTo("fine");
            assertThat(response.priorResponse()).isNotNull().satisfies(prior -> {
                assertThat(prior.code()).isEqualTo(302);
                assertThat(prior.request().url().host()).isEqualTo("gate.svc");
            });
        }
        assertThat(gates).hasSize(1);
        assertThat(fleet.kinds()).containsExactly(Kind.UNAVAILABLE, Kind.BROKEN, Kind.SUCCESS);
        assertThat(Attempts.of(call).tried())
                .extracting(tried -> String.valueOf(
                        tried.outcome() == null ? null : tried.outcome().kind()))
                .containsExactly("SUCCESS", "UNAVAILABLE", "BROKEN", "SUCCESS");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsInFlightIsSoWhereItIs(boolean hedged) throws IOException {
        fleet.add("fine");
        EvenkeelOkHttp client = gateTo(302, "http://orders.svc/", hedged);
        try (Response response = client.client().newCall(gate().build()).execute()) {
            assertThat(fleet.inFlight()).isOne();
            assertThat(inFlightAtTheGate()).isZero();
            assertThat(response.body().string()).isEqualTo("fine");
        }
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(ints = {307, 308})
    void aPostGoesOnAsAPostAndIsRepeatedOnlyWhereThatIsSafe(int code) throws IOException {
        fleet.addDead();
        Server breaking = fleet.add(request -> new MockResponse.Builder()
                .onResponseStart(new SocketEffect.CloseSocket())
                .build());
        fleet.add("never");
        EvenkeelOkHttp client = gateTo(code, "http://orders.svc/", false);
        Request post = gate().post(RequestBody.create("order", MediaType.get("text/plain")))
                .build();
        assertThatThrownBy(() -> ask(client, post)).isInstanceOf(IOException.class);
        assertThat(breaking.requests()).hasSize(1);
        assertThat(breaking.requests().get(0).getBody().utf8()).isEqualTo("order");
        assertThat(fleet.served()).isOne();
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anotherHostsRedirectToAServiceIsACallOfIt(boolean hedged) throws IOException {
        fleet.addDead();
        fleet.add("fine");
        Server login = elsewhere(302, "http://orders.svc/");
        EvenkeelOkHttp client = gateTo(302, "http://unused.svc/", hedged);
        List<String> heard = new CopyOnWriteArrayList<>();
        Request request = new Request.Builder()
                .url("http://login.test:" + login.endpoint().port() + "/")
                .build();
        try (Response response = client.client()
                .newBuilder()
                .eventListener(new EventListener() {
                    @Override
                    public void callEnd(Call call) {
                        heard.add("callEnd");
                    }

                    @Override
                    public void callFailed(Call call, IOException e) {
                        heard.add("callFailed");
                    }
                })
                .build()
                .newCall(request)
                .execute()) {
            assertThat(response.body().string()).isEqualTo("fine");
            assertThat(response.request().url()).hasToString("http://orders.svc/");
            assertThat(response.priorResponse()).isNotNull();
        }
        assertThat(fleet.kinds()).containsExactly(Kind.CONNECT_FAILED, Kind.SUCCESS);
        assertThat(heard).containsExactly("callEnd");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneDeadlineHoldsForAll(boolean hedged) {
        fleet.add(request -> new MockResponse.Builder()
                .headersDelay(1, java.util.concurrent.TimeUnit.HOURS)
                .build());
        EvenkeelOkHttp client = gateTo(302, "http://orders.svc/", hedged);
        Request request = gate().tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Duration.ofMillis(500)))
                .build();
        assertThatThrownBy(() -> ask(client, request))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageContaining("500 ms");
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSubsetIsAskedOfTheFirstServiceOnly(boolean hedged) throws IOException {
        fleet.add("fine");
        Server server = elsewhere(302, "http://orders.svc/");
        LoadBalancer canaries = opened((hedged
                        ? LoadBalancer.builder("gate.svc").attemptTimeout(Duration.ofHours(1))
                        : LoadBalancer.builder("gate.svc"))
                .endpoints(dev.evenkeel.lb.endpoint.EndpointSource.of(
                        List.of(server.endpoint().withMetadata("version", "canary"))))
                .subsets(dev.evenkeel.lb.locality.MetadataSubsets.by("version"))
                .build());
        EvenkeelOkHttp client = opened(
                EvenkeelOkHttp.builder(fleet.plainClient().build(), LoadBalancers.of(fleet.loadBalancer(), canaries))
                        .build());
        Request request =
                gate().tag(Subset.class, Subset.of("version", "canary")).build();
        assertThat(ask(client, request)).isEqualTo("200 fine");
    }
}
