package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sent again, where, and what never is. */
class RetryTest {
    private static final RequestBody TEXT = RequestBody.create("once", MediaType.get("text/plain"));
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;
    private static final SocketEffect HANG_UP = new SocketEffect.CloseSocket();

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private static MockResponse hangUp() {
        return new MockResponse.Builder().onResponseStart(HANG_UP).build();
    }

    /** Without a body, which could reach the server after its reset and be answered with another one. */
    private Request notIdempotent() {
        return fleet.request("/")
                .tag(CallSettings.class, CallSettings.DEFAULT.withIdempotent(false))
                .build();
    }

    private Request post() {
        return fleet.request("/").post(TEXT).build();
    }

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void unavailableEndpointIsFollowedByAnother(Protocol protocol) throws IOException {
        Server bad = fleet.protocols(protocol)
                .add(request -> new MockResponse.Builder().code(503).build());
        Server good = fleet.add("fine");
        for (int i = 0; i < 5; i++) {
            assertThat(fleet.ask()).isEqualTo("200 fine");
        }
        assertThat(bad.requests()).hasSize(5);
        assertThat(good.requests()).hasSize(5);
        assertThat(bad.connections()).isOne();
        assertThat(fleet.balanced().misrouted()).isZero();
    }

    /** Should this fail, OkHttp has learnt to compare the Dns of a held connection: then the release probe can go. */
    @Test
    void canaryWithoutTheReleaseProbeASecondAttemptGoesToTheFirstEndpoint() throws IOException {
        Server first = fleet.add(request -> Server.status(503));
        Server second = fleet.add("fine");
        ServiceDns names = new ServiceDns(java.util.Map.of(), okhttp3.Dns.SYSTEM);
        PinnedEndpoint pinnedFirst = pinned(first, names);
        PinnedEndpoint pinnedSecond = pinned(second, names);
        Interceptor naive = chain -> {
            chain.withDns(pinnedFirst).proceed(chain.request()).close();
            return chain.withDns(pinnedSecond).proceed(chain.request());
        };
        Interceptor careful = chain -> {
            chain.withDns(pinnedFirst).proceed(chain.request()).close();
            ReleaseProbe.release(chain);
            return chain.withDns(pinnedSecond).proceed(chain.request());
        };
        assertThat(status(naive, names)).isEqualTo(503);
        assertThat(status(careful, names)).isEqualTo(200);
    }

    private static PinnedEndpoint pinned(Server server, ServiceDns names) {
        return new PinnedEndpoint(
                Fleet.SERVICE, server.endpoint(), names, new okhttp3.ConnectionPool(), new IdleConnections(() -> 0));
    }

    private static int status(Interceptor interceptor, ServiceDns names) throws IOException {
        OkHttpClient client = new OkHttpClient.Builder()
                .socketFactory(EndpointSocketFactory.around(javax.net.SocketFactory.getDefault(), names.addresses()))
                .addInterceptor(interceptor)
                .build();
        try (Response response = client.newCall(Fleet.get("/")).execute()) {
            return response.code();
        } finally {
            client.connectionPool().evictAll();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Protocol.class,
            names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void manyThreadsAreNeverMisrouted(Protocol protocol) throws Exception {
        fleet.protocols(protocol).balancing(lb -> lb.policy(LoadBalancingPolicy.random()));
        Server unavailable = fleet.add(request -> Server.status(503));
        Server breaking = fleet.add(request -> hangUp());
        if (protocol != Protocol.HTTP_1_1) {
            breaking.resetStreams(CANCEL);
        }
        Server good = fleet.add("fine");
        ExecutorService threads = Executors.newFixedThreadPool(6);
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(threads.submit((Callable<String>) fleet::ask));
        }
        for (Future<String> answer : answers) {
            assertThat(answer.get()).isEqualTo("200 fine");
        }
        threads.shutdown();
        assertThat(fleet.balanced().misrouted()).isZero();
        for (Server server : List.of(unavailable, breaking, good)) {
            Until.until(
                    "the server has counted the attempts that the core counted",
                    () -> server.arrived() == attemptsAt(server));
        }
    }

    private int attemptsAt(Server server) {
        return (int) fleet.samples().stream()
                .filter(sample -> sample.endpoint().equals(server.endpoint()))
                .count();
    }

    @Test
    void refusedConnectionIsRepeatedWhateverTheMethod() throws IOException {
        fleet.addDead();
        Server good = fleet.add("fine");
        AtomicInteger written = new AtomicInteger();
        assertThat(fleet.ask(fleet.request("/").post(oneShot(written)).build())).isEqualTo("200 fine");
        assertThat(good.requests().get(0).getBody().utf8()).isEqualTo("once");
        assertThat(written).hasValue(1);
        assertThat(fleet.kinds()).containsExactly(Kind.CONNECT_FAILED, Kind.SUCCESS);
    }

    @Test
    void postThatMayHaveBeenProcessedIsNotRepeated() {
        Server breaking = fleet.add(request -> hangUp());
        fleet.add("fine");
        assertThatThrownBy(() -> fleet.ask(post())).isInstanceOf(IOException.class);
        assertThat(breaking.requests()).hasSize(1);
        assertThat(fleet.served()).isOne();
        assertThat(fleet.kinds()).containsExactly(Kind.BROKEN);
    }

    @Test
    void postWithAnIdempotencyKeyIsRepeated() throws IOException {
        fleet.add(request -> hangUp());
        fleet.add("fine");
        assertThat(fleet.ask(post().newBuilder().header("Idempotency-Key", "7").build()))
                .isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.BROKEN, Kind.SUCCESS);
    }

    @Test
    void callSettingsOverrideWhatTheMethodSays() throws IOException {
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        CallSettings yes = CallSettings.DEFAULT.withIdempotent(true);
        CallSettings no = CallSettings.DEFAULT.withIdempotent(false);
        assertThat(fleet.ask(post().newBuilder().tag(CallSettings.class, yes).build()))
                .isEqualTo("200 fine");
        assertThat(fleet.ask(fleet.request("/").tag(CallSettings.class, no).build()))
                .isEqualTo("503 status 503");
    }

    @Test
    void postGetsTheUnavailableAnswerAsItIs() throws IOException {
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(fleet.ask(post())).isEqualTo("503 status 503");
    }

    @Test
    void oneShotBodyIsSentOnce() throws IOException {
        AtomicInteger written = new AtomicInteger();
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(fleet.ask(fleet.request("/").put(oneShot(written)).build())).isEqualTo("503 status 503");
        assertThat(written).hasValue(1);
    }

    @Test
    void bodyThatThrowsIsTheCallersAffair() {
        fleet.add("fine");
        fleet.add("fine too");
        RequestBody throwing = body(false, sink -> {
            throw new IOException("the caller's disk is full");
        });
        assertThatThrownBy(() -> fleet.ask(fleet.request("/").put(throwing).build()))
                .hasMessage("the caller's disk is full");
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_SENT);
        fleet.awaitNothingInFlight();
    }

    @Test
    void afterTheLastAttemptTheAnswerIsReturnedAsItIs() throws IOException {
        fleet.balancing(lb -> lb.retry(new RetryPolicy(2, Backoff.DEFAULT)));
        fleet.add(request -> Server.status(503));
        fleet.add(request -> Server.status(502));
        fleet.add("never asked");
        assertThat(fleet.ask()).isEqualTo("502 status 502");
    }

    @Test
    void failuresOfEarlierAttemptsAreSuppressedInTheLast() {
        fleet.add(request -> hangUp());
        fleet.add(request -> hangUp());
        fleet.add(request -> hangUp());
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class).satisfies(e -> {
            assertThat(e.getSuppressed()).hasSize(1);
            assertThat(e.getSuppressed()[0].getSuppressed()).hasSize(1);
        });
        assertThat(fleet.kinds()).containsExactly(Kind.BROKEN, Kind.BROKEN, Kind.BROKEN);
    }

    @ParameterizedTest
    @EnumSource(value = RetryTest.Method.class)
    void staleConnectionsAreLeftBehindAtNoCost(Method method) throws Exception {
        AtomicInteger generation = new AtomicInteger();
        Server node = fleet.add(request ->
                new MockResponse.Builder().body("generation " + generation).build());
        openThreeConnections(node);
        // The server closes all that is idle, as a restart would; OkHttp does not look before it writes.
        node.behave(request -> request.getConnectionIndex() < 3 ? hangUp() : Server.ok("fresh"));
        if (method == Method.GET) {
            assertThat(fleet.ask()).isEqualTo("200 fresh");
            assertThat(fleet.kinds()).endsWith(Kind.STALE_CONNECTION, Kind.SUCCESS);
            assertThat(node.requests()).hasSize(5);
        } else {
            assertThatThrownBy(() -> fleet.ask(post())).isInstanceOf(IOException.class);
            assertThat(node.requests()).as("the POST is sent once").hasSize(4);
        }
        assertThat(fleet.ask()).as("its idle siblings are gone too").isEqualTo("200 fresh");
    }

    enum Method {
        GET,
        POST
    }

    private void openThreeConnections(Server node) throws Exception {
        List<Response> open = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            open.add(fleet.client().newCall(fleet.request("/").build()).execute());
        }
        for (Response response : open) {
            response.body().string(); // to the end, or the connection may not be kept
        }
        assertThat(node.connections()).isEqualTo(3);
    }

    @Test
    void killedServerIsLeftForAnotherOne() throws IOException {
        Server killed = fleet.add("a");
        fleet.add("b");
        assertThat(fleet.ask()).isEqualTo("200 a");
        killed.close();
        assertThat(fleet.ask()).isEqualTo("200 b");
        assertThat(fleet.ask()).isEqualTo("200 b");
    }

    @Test
    void refusedStreamIsRepeatedElsewhereEvenIfNotIdempotent() throws IOException {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        Server refusing = fleet.add("never").resetStreams(REFUSED_STREAM);
        fleet.add("fine");
        assertThat(fleet.ask(notIdempotent())).isEqualTo("200 fine");
        Until.until("the server has counted it", () -> refusing.arrived() == 1);
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_PROCESSED, Kind.SUCCESS);
    }

    /** Twenty repetitions cost nothing; the allowed attempts come on top. */
    @Test
    void alwaysRefusedStreamsEnd() {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        Server refusing = fleet.add("never").resetStreams(REFUSED_STREAM);
        assertThatThrownBy(fleet::ask).hasMessageContaining("REFUSED_STREAM");
        assertThat(fleet.kinds()).hasSize(23).containsOnly(Kind.NOT_PROCESSED);
        Until.until("the server has counted the last one", () -> refusing.arrived() == 23);
    }

    @Test
    void cancelledStreamIsABreakAndRepeatedOnlyIfIdempotent() {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        fleet.add("never").resetStreams(CANCEL);
        fleet.add("fine");
        assertThatThrownBy(() -> fleet.ask(notIdempotent())).hasMessageContaining("CANCEL");
        assertThat(fleet.kinds()).containsExactly(Kind.BROKEN);
    }

    /** HAProxy says so on a connection that was idle for long. OkHttp repeats it at the same endpoint, unless it is told not to. */
    @Test
    void requestTimeoutIsRepeatedElsewhereByUsAndNotByOkHttp() throws IOException {
        Server node = fleet.add(request -> Server.status(408));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(fleet.ask(post()))
                .as("the server has not had the whole of it")
                .isEqualTo("200 fine");
        assertThat(node.requests()).hasSize(2);
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_PROCESSED, Kind.SUCCESS, Kind.NOT_PROCESSED, Kind.SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSecondRequestTimeoutIsReturnedAsOkHttpDoes(boolean hedged) throws IOException {
        fleet.balancing(lb -> hedged ? lb.attemptTimeout(Duration.ofHours(1)) : lb);
        for (int i = 0; i < 4; i++) {
            fleet.add(request -> Server.status(408));
        }
        assertThat(fleet.ask()).isEqualTo("408 status 408");
        assertThat(fleet.served()).isEqualTo(2);
        fleet.awaitNothingInFlight();
    }

    @Test
    void refusalOfARequestIsReturnedAsItIsAndIsNoGoodAnswer() throws IOException {
        fleet.add(request -> Server.status(404));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("404 status 404");
        assertThat(fleet.kinds()).containsExactly(Kind.REJECTED);
    }

    @Test
    void internalErrorIsAFailureThatIsNotRepeated() throws IOException {
        fleet.add(request -> Server.status(500));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("500 status 500");
        assertThat(fleet.kinds()).containsExactly(Kind.FAILED);
    }

    /** OkHttp itself repeats this one, at the same endpoint, and cannot be told not to; then it is our turn. */
    @Test
    void unavailableWithRetryAfterZeroIsRepeatedByOkHttpOnceAndThenElsewhere() throws IOException {
        Server node = fleet.add(request -> new MockResponse.Builder()
                .code(503)
                .addHeader("Retry-After", "0")
                .build());
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(node.requests()).hasSize(2);
        assertThat(fleet.balanced().misrouted()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void longPauseIsHandedToTheCallerOnlyWhereAllAskForOne(int status) throws IOException {
        fleet.add(request -> pushback(status));
        Server other = fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.PUSHBACK, Kind.SUCCESS);

        other.behave(request -> pushback(status));
        assertThat(fleet.ask()).startsWith(String.valueOf(status));
        assertThat(fleet.kinds()).endsWith(Kind.PUSHBACK, Kind.PUSHBACK);
        assertThat(fleet.ask()).startsWith(String.valueOf(status));
        assertThat(fleet.kinds())
                .as("and then at once, for both have asked for a pause")
                .hasSize(5);
    }

    @Test
    void postIsNotRepeatedBecauseOfAPause() throws IOException {
        fleet.add(request -> pushback(503));
        fleet.add("fine");
        assertThat(fleet.ask(post())).startsWith("503");
    }

    private static MockResponse pushback(int status) {
        return new MockResponse.Builder()
                .code(status)
                .addHeader("Retry-After", "3600")
                .build();
    }

    @Test
    void readTimeoutOfAnIdempotentRequestIsRepeatedElsewhere() throws IOException {
        fleet.client(c -> c.readTimeout(Fleet.SOON));
        fleet.add(request -> new MockResponse.Builder()
                .onResponseStart(SocketEffect.Stall.INSTANCE)
                .build());
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(fleet.kinds()).containsExactly(Kind.TIMED_OUT, Kind.SUCCESS);
        assertThatThrownBy(() -> fleet.ask(post())).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void brokenBodyIsReportedAndNeverRepeated() {
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(10_000))
                .onResponseBody(HANG_UP)
                .build());
        fleet.add("fine");
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.BODY_BROKEN);
        assertThat(fleet.served()).isOne();
        fleet.awaitNothingInFlight();
    }

    @Test
    void brokenHttp2BodyIsReportedAndNeverRepeated() {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(10_000))
                .onResponseBody(new SocketEffect.CloseStream(2))
                .build());
        fleet.add("fine");
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.BODY_BROKEN);
        fleet.awaitNothingInFlight();
    }

    @Test
    void applicationInterceptorsRunOnceAndNetworkInterceptorsForEachAttempt() throws IOException {
        AtomicInteger application = new AtomicInteger();
        AtomicInteger network = new AtomicInteger();
        fleet.client(c -> c.addInterceptor(counting(application)).addNetworkInterceptor(counting(network)));
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(application).hasValue(1);
        assertThat(network).hasValue(2);
    }

    private static Interceptor counting(AtomicInteger counter) {
        return chain -> {
            counter.incrementAndGet();
            return chain.proceed(chain.request());
        };
    }

    /** The user's own interceptor holds the connection of what it sent first. */
    @Test
    void interceptorOfTheUserMaySendACallTwice() throws IOException {
        Server first = fleet.add("first");
        Server second = fleet.add("second");
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()))
                .client(c -> c.addInterceptor(chain -> {
                    chain.proceed(chain.request()).close();
                    return chain.proceed(chain.request());
                }));
        for (int i = 0; i < 4; i++) {
            fleet.ask();
        }
        assertThat(first.requests()).hasSize(4);
        assertThat(second.requests()).hasSize(4);
        assertThat(fleet.balanced().misrouted()).isZero();
        fleet.awaitNothingInFlight();
    }

    @Test
    void aCloneOfACallStartsAfresh() throws IOException {
        fleet.add("fine");
        Call call = fleet.client().newCall(Fleet.get("/"));
        call.execute().close();
        call.clone().execute().close();
        assertThat(Attempts.of(call).tried()).hasSize(1);
        assertThat(fleet.kinds()).hasSize(2);
    }

    private static RequestBody oneShot(AtomicInteger written) {
        return body(true, sink -> {
            written.incrementAndGet();
            sink.writeUtf8("once");
        });
    }

    /** What a body writes. */
    private interface Writing {
        void writeTo(BufferedSink sink) throws IOException;
    }

    private static RequestBody body(boolean oneShot, Writing writing) {
        return new RequestBody() {
            @Override
            public MediaType contentType() {
                return MediaType.get("text/plain");
            }

            @Override
            public boolean isOneShot() {
                return oneShot;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                writing.writeTo(sink);
            }
        };
    }
}
