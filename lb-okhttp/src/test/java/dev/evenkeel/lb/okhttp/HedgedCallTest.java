package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import mockwebserver3.MockResponse;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A call that may be under way at two endpoints at a time takes the first good answer, and leaves nothing behind. */
class HedgedCallTest {
    private static final Duration ATTEMPT_TIMEOUT = Duration.ofMillis(50);

    private final StoppedClock clock = new StoppedClock();

    @RegisterExtension
    private final Fleet fleet = new Fleet().balancing(this::hedging);

    private final CountDownLatch over = new CountDownLatch(1);

    private LoadBalancerBuilder hedging(LoadBalancerBuilder lb) {
        return lb.environment(clock.environment()).attemptTimeout(ATTEMPT_TIMEOUT);
    }

    /** Does not answer as long as the test runs. */
    private MockResponse stall() {
        return lateAfter(over, "too late");
    }

    /** Overstays the attempt timeout, and answers when it is told to. */
    private MockResponse lateAfter(CountDownLatch latch, String text) {
        clock.advance(ATTEMPT_TIMEOUT);
        return answerAfter(latch, text);
    }

    @AfterEach
    void letServersGo() {
        over.countDown();
    }

    /** Answers when it is told to. */
    private static MockResponse answerAfter(CountDownLatch latch, String text) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Server.ok(text);
    }

    private void speak(Protocol protocol) {
        fleet.protocols(protocol);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void anEndpointThatDoesNotAnswerIsNotWaitedFor(Protocol protocol) throws IOException {
        speak(protocol);
        Server silent = fleet.add(request -> stall());
        Server other = fleet.add("other");

        assertThat(fleet.ask()).isEqualTo("200 other");
        fleet.awaitNothingInFlight();
        assertThat(silent.requests()).hasSize(1);
        assertThat(other.requests()).hasSize(1);
        assertThat(fleet.kinds()).containsExactlyInAnyOrder(Kind.SUCCESS, Kind.TIMED_OUT);
    }

    @Test
    void withoutAnAttemptTimeoutItIs() {
        fleet.balancing(lb -> lb).client(c -> c.callTimeout(Duration.ofMillis(300)));
        fleet.add(request -> stall());
        Server other = fleet.add("other");

        assertThatThrownBy(fleet::ask).isInstanceOf(InterruptedIOException.class);
        assertThat(other.requests()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void theFirstAttemptIsNotThrownAwayAndMayWin(Protocol protocol) throws IOException {
        speak(protocol);
        CountDownLatch hedged = new CountDownLatch(1);
        fleet.add(request -> lateAfter(hedged, "first"));
        fleet.add(request -> {
            hedged.countDown();
            return stall();
        });

        assertThat(fleet.ask()).isEqualTo("200 first");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).contains(Kind.SUCCESS).hasSize(2);
    }

    @Test
    void aCallThatIsLateByItsOwnStandardsIsHedged() throws IOException {
        fleet.balancing(lb -> lb.environment(clock.environment())
                        .hedging(Hedging.DEFAULT)
                        .retryBudget(RetryBudget.Settings.DEFAULT))
                .client(c -> c.addNetworkInterceptor(chain -> {
                    Response response = chain.proceed(chain.request());
                    clock.advance(Duration.ofMillis(20));
                    return response;
                }));
        Server first = fleet.add("usual");
        for (int i = 0; i < 40; i++) {
            assertThat(fleet.ask()).isEqualTo("200 usual");
        }
        fleet.add("other"); // not before, or it may be asked in the moment before an answer is taken
        first.behave(request -> {
            clock.advance(Duration.ofSeconds(1));
            return stall();
        });
        assertThat(fleet.ask()).isEqualTo("200 other");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).contains(Kind.HEDGE_LOST).isSubsetOf(Kind.SUCCESS, Kind.HEDGE_LOST);
    }

    @Test
    void aRequestThatMustNotBeSentTwiceIsWaitedFor() throws IOException {
        CountDownLatch asked = new CountDownLatch(1);
        Server slow = fleet.add(request -> {
            clock.advance(ATTEMPT_TIMEOUT.multipliedBy(4));
            try {
                boolean unused = asked.await(4 * ATTEMPT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Server.ok("once");
        });
        Server other = fleet.add("other");
        Request post =
                fleet.request("/").post(RequestBody.create("order", null)).build();

        assertThat(fleet.ask(post)).isEqualTo("200 once");
        assertThat(slow.requests()).hasSize(1);
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void anAnswerThatHasBegunIsNotHurriedHoweverLongItsBodyTakes() throws IOException {
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789")
                .throttleBody(2, 2 * ATTEMPT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .build());
        Server other = fleet.add("other");

        try (Response response =
                fleet.client().newCall(fleet.request("/").build()).execute()) {
            clock.advance(ATTEMPT_TIMEOUT.multipliedBy(4));
            assertThat(response.body().string()).isEqualTo("0123456789");
        }
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void aFailureIsNotTakenWhileAnotherAttemptIsUnderWay() throws IOException {
        fleet.add(request -> {
            clock.advance(ATTEMPT_TIMEOUT);
            Until.until("the other has failed", () -> fleet.kinds().contains(Kind.UNAVAILABLE));
            return Server.ok("first");
        });
        fleet.add(request -> Server.status(503));
        fleet.balancing(lb -> hedging(lb).retry(lbRetry(2)));

        assertThat(fleet.ask()).isEqualTo("200 first");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactlyInAnyOrder(Kind.UNAVAILABLE, Kind.SUCCESS);
    }

    private static RetryPolicy lbRetry(int attempts) {
        return new RetryPolicy(attempts, Backoff.DEFAULT);
    }

    @Test
    void whenAllFailTheCallIsRetried() throws IOException {
        CountDownLatch failed = new CountDownLatch(1);
        fleet.add(request -> {
            lateAfter(failed, "");
            return Server.status(503);
        });
        fleet.add(request -> {
            failed.countDown();
            return Server.status(502);
        });
        fleet.add("third");

        assertThat(fleet.ask()).isEqualTo("200 third");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactlyInAnyOrder(Kind.UNAVAILABLE, Kind.UNAVAILABLE, Kind.SUCCESS);
    }

    @Test
    void whenNothingHelpsTheLastAnswerIsTheUsers() throws IOException {
        fleet.balancing(lb -> hedging(lb).retry(lbRetry(2)));
        CountDownLatch hedged = new CountDownLatch(1);
        fleet.add(request -> {
            lateAfter(hedged, "");
            return Server.status(503);
        });
        fleet.add(request -> {
            hedged.countDown();
            return Server.status(502);
        });

        assertThat(fleet.ask()).startsWith("50");
        fleet.awaitNothingInFlight();
    }

    @Test
    void aRefusedConnectionIsRetriedAsEver() throws IOException {
        fleet.addDead();
        fleet.add("alive");

        assertThat(fleet.ask()).isEqualTo("200 alive");
        assertThat(fleet.kinds()).containsExactly(Kind.CONNECT_FAILED, Kind.SUCCESS);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "H2_PRIOR_KNOWLEDGE"})
    void cancellingTheCallEndsAllItsAttempts(Protocol protocol) throws Exception {
        speak(protocol);
        fleet.add(request -> stall());
        Server other = fleet.add(request -> stall());
        Call call = fleet.client().newCall(fleet.request("/").build());
        CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() -> execute(call));
        Until.until("both are asked", () -> !other.requests().isEmpty());

        call.cancel();
        assertThatThrownBy(answer::get).isInstanceOf(ExecutionException.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.CANCELLED, Kind.CANCELLED);
    }

    private static Response execute(Call call) {
        try {
            return call.execute();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void theTimeOfTheClientEndsAllAttempts() {
        fleet.client(c -> c.callTimeout(Fleet.SOON));
        fleet.add(request -> stall());
        fleet.add(request -> stall());

        assertThatThrownBy(fleet::ask)
                .isExactlyInstanceOf(InterruptedIOException.class)
                .hasMessage("timeout");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).isNotEmpty().containsOnly(Kind.TIMED_OUT);
    }

    @Test
    void theDeadlineOfTheRequestEndsAllAttempts() {
        fleet.add(request -> stall());
        fleet.add(request -> stall());
        Request request = fleet.request("/")
                .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Fleet.SOON))
                .build();

        assertThatThrownBy(() -> fleet.ask(request))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("deadline of 3000 ms for a call to orders.svc is over");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).isNotEmpty().containsOnly(Kind.TIMED_OUT);
    }

    @Test
    void theTimeOfTheClientCoversTheBody() throws IOException {
        fleet.client(c -> c.callTimeout(Fleet.SOON));
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(100))
                .throttleBody(1, 50, TimeUnit.MILLISECONDS)
                .build());
        fleet.add("other");
        try (Response response =
                fleet.client().newCall(fleet.request("/").build()).execute()) {
            assertThatThrownBy(() -> response.body().string()).isInstanceOf(InterruptedIOException.class);
        }
        fleet.awaitNothingInFlight();
    }

    @Test
    void theDeadlineCoversTheBodyAlthoughALoserEndedLongBefore() throws IOException {
        fleet.add(request -> stall());
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(100))
                .throttleBody(1, 50, TimeUnit.MILLISECONDS)
                .build());
        Request request = fleet.request("/")
                .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Fleet.SOON))
                .build();
        try (Response response = fleet.client().newCall(request).execute()) {
            assertThatThrownBy(() -> response.body().string()).hasMessageContaining("deadline of 3000 ms");
        }
        fleet.awaitNothingInFlight();
    }

    @Test
    void cancellingWhileTheBodyIsReadBreaksItOff() throws IOException {
        fleet.add(request -> stall());
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(100))
                .throttleBody(1, 50, TimeUnit.MILLISECONDS)
                .build());
        Call call = fleet.client().newCall(fleet.request("/").build());
        try (Response response = call.execute()) {
            call.cancel();
            assertThatThrownBy(() -> response.body().string()).isInstanceOf(IOException.class);
        }
        fleet.awaitNothingInFlight();
    }

    @Test
    void aResponseThatIsNotReadIsInFlightUntilItIsClosed() throws IOException {
        fleet.add(request -> stall());
        fleet.add("x".repeat(100_000));
        try (Response response =
                fleet.client().newCall(fleet.request("/").build()).execute()) {
            Until.until("the loser has ended", () -> fleet.inFlight() == 1);
            assertThat(response.code()).isEqualTo(200);
        }
        fleet.awaitNothingInFlight();
    }

    @Test
    void anInterruptEndsTheWaitForAnotherAttempt() throws Exception {
        CountDownLatch hedged = new CountDownLatch(1);
        fleet.add(request -> {
            lateAfter(hedged, "");
            return Server.status(503);
        });
        fleet.add(request -> {
            hedged.countDown();
            return stall();
        });
        AtomicReference<Throwable> problem = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                fleet.ask();
            } catch (IOException e) {
                problem.set(e);
            }
        });
        caller.start();
        Until.until("the first has failed", () -> fleet.kinds().contains(Kind.UNAVAILABLE));
        caller.interrupt();
        caller.join(20_000);

        assertThat(problem.get()).isInstanceOf(InterruptedIOException.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.UNAVAILABLE, Kind.CANCELLED);
    }

    @Test
    void aBodyIsNotReadByTwoAttemptsAtATime() throws IOException {
        AtomicInteger reading = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger written = new AtomicInteger();
        CountDownLatch never = new CountDownLatch(1);
        RequestBody body = new RequestBody() {
            @Override
            public MediaType contentType() {
                return null;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                most.accumulateAndGet(reading.incrementAndGet(), Math::max);
                try {
                    sink.writeUtf8("begin").flush();
                    clock.advance(ATTEMPT_TIMEOUT);
                    boolean unused = never.await(5 * ATTEMPT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
                    sink.writeUtf8("end");
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    reading.decrementAndGet();
                    written.incrementAndGet();
                }
            }
        };
        fleet.add(request -> stall());
        fleet.add("other");

        assertThat(fleet.ask(fleet.request("/").put(body).build())).isEqualTo("200 other");
        assertThat(written).hasValue(2);
        assertThat(most).hasValue(1);
        fleet.awaitNothingInFlight();
    }

    @Test
    void interceptorsBeforeOursSeeOneCallAndTheirSettingsHoldForEachAttempt() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        AtomicInteger networkCalls = new AtomicInteger();
        fleet.client(c -> c.addInterceptor(chain -> {
                    calls.incrementAndGet();
                    return chain.withReadTimeout(7, TimeUnit.SECONDS)
                            .withCookieJar(new OneCookie())
                            .proceed(chain.request());
                })
                .addNetworkInterceptor(chain -> {
                    networkCalls.incrementAndGet();
                    assertThat(chain.readTimeoutMillis()).isEqualTo(7000);
                    return chain.proceed(chain.request());
                }));
        fleet.add(request -> stall());
        Server other = fleet.add("other");

        assertThat(fleet.ask()).isEqualTo("200 other");
        assertThat(calls).hasValue(1);
        assertThat(networkCalls).hasValue(2);
        assertThat(other.requests().get(0).getHeaders().get("Cookie")).isEqualTo("session=1");
    }

    private static final class OneCookie implements okhttp3.CookieJar {
        @Override
        public void saveFromResponse(okhttp3.HttpUrl url, List<okhttp3.Cookie> cookies) {}

        @Override
        public List<okhttp3.Cookie> loadForRequest(okhttp3.HttpUrl url) {
            return List.of(new okhttp3.Cookie.Builder()
                    .name("session")
                    .value("1")
                    .domain(url.host())
                    .build());
        }
    }

    @Test
    void whatAnInterceptorThrowsIsThrown() {
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            throw new IllegalStateException("broken interceptor");
        }));
        fleet.add("first");

        assertThatThrownBy(fleet::ask).isInstanceOf(IllegalStateException.class).hasMessage("broken interceptor");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_SENT);
    }

    @Test
    void theAttemptsOfACallCanBeAskedFor() throws IOException {
        Server silent = fleet.add(request -> stall());
        Server other = fleet.add("other");
        Call call = fleet.client().newCall(fleet.request("/").build());
        call.execute().close();

        assertThat(Attempts.of(call).tried())
                .extracting(tried -> tried.endpoint().address())
                .containsExactly(silent.address(), other.address());
    }

    @Test
    void noEndpointIsSaidInWords() {
        assertThatThrownBy(fleet::ask)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("orders.svc has no endpoints");
    }

    @Test
    void asynchronousCallsAreHedgedToo() throws Exception {
        fleet.add(request -> stall());
        fleet.add("other");
        CompletableFuture<String> answer = new CompletableFuture<>();
        fleet.client().newCall(fleet.request("/").build()).enqueue(new okhttp3.Callback() {
            @Override
            public void onFailure(Call call, IOException e) {
                answer.completeExceptionally(e);
            }

            @Override
            public void onResponse(Call call, Response response) throws IOException {
                try (response) {
                    answer.complete(response.body().string());
                }
            }
        });
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("other");
        fleet.awaitNothingInFlight();
    }

    @Test
    void aWebSocketIsOpenedOnce() throws Exception {
        CountDownLatch late = new CountDownLatch(1);
        fleet.add(request -> {
            clock.advance(ATTEMPT_TIMEOUT.multipliedBy(4));
            try {
                boolean unused = late.await(4 * ATTEMPT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new MockResponse.Builder()
                    .webSocketUpgrade(new okhttp3.WebSocketListener() {})
                    .build();
        });
        Server other = fleet.add("other");
        CompletableFuture<Integer> opened = new CompletableFuture<>();
        okhttp3.WebSocket socket = fleet.client()
                .newWebSocket(fleet.request("/").build(), new okhttp3.WebSocketListener() {
                    @Override
                    public void onOpen(okhttp3.WebSocket webSocket, Response response) {
                        opened.complete(response.code());
                    }

                    @Override
                    public void onFailure(okhttp3.WebSocket webSocket, Throwable t, Response response) {
                        opened.completeExceptionally(t);
                    }
                });
        assertThat(opened.get(20, TimeUnit.SECONDS)).isEqualTo(101);
        assertThat(other.requests()).isEmpty();
        socket.cancel();
        fleet.awaitNothingInFlight();
    }

    /** Cancelled, it would never find out that the endpoint is back. */
    @Test
    void aRequestThatTriesAnEndpointWhichWasOutIsLeftToItsEndWhenItLoses() throws Exception {
        fleet.balancing(
                lb -> hedging(lb).connectBackoff(new ConnectBackoff(Duration.ofMillis(100), Duration.ofSeconds(30))));
        Server gone = fleet.add("never");
        Server other = fleet.add("other");
        Fleet.Killed killed = fleet.kill(gone);
        assertThat(fleet.ask()).isEqualTo("200 other");
        Until.until("it is out", () -> !isAvailable(gone));

        CountDownLatch answer = new CountDownLatch(1);
        CountDownLatch probed = new CountDownLatch(1);
        killed.restart(request -> {
            probed.countDown();
            return lateAfter(answer, "back");
        });
        clock.advance(Duration.ofSeconds(1));
        Until.until("a request has tried it", () -> {
            try {
                assertThat(fleet.ask()).isEqualTo("200 other");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return probed.getCount() == 0;
        });
        assertThat(isAvailable(gone)).isFalse();
        assertThat(fleet.inFlight()).isOne();

        answer.countDown();
        Until.until("it is back", () -> isAvailable(gone));
        fleet.awaitNothingInFlight();
        assertThat(other.requests()).isNotEmpty();
    }

    private boolean isAvailable(Server server) {
        return fleet.loadBalancer().endpoints().stream()
                .filter(status -> status.endpoint().equals(server.endpoint()))
                .findFirst()
                .orElseThrow()
                .availability()
                .isAvailable();
    }
}
