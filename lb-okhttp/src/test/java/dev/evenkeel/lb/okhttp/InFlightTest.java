package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Whatever becomes of a call, in the end it is not in flight any more. */
class InFlightTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private static MockResponse stall() {
        return new MockResponse.Builder()
                .onResponseStart(SocketEffect.Stall.INSTANCE)
                .build();
    }

    private static MockResponse endlessBody() {
        return new MockResponse.Builder()
                .body("0123456789".repeat(1000))
                .throttleBody(10, 50, TimeUnit.MILLISECONDS)
                .build();
    }

    private Call call() {
        return fleet.client().newCall(fleet.request("/").build());
    }

    /** Executes a call on another thread; the future ends with the exception. */
    private static CompletableFuture<Throwable> failureOf(Call call) {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try (Response response = call.execute()) {
                response.body().string();
                failure.completeExceptionally(new AssertionError("no failure"));
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        thread.start();
        return failure;
    }

    @Test
    void callIsInFlightUntilItsBodyIsRead() throws IOException {
        fleet.add("hello");
        try (Response response = call().execute()) {
            assertThat(fleet.inFlight()).isOne();
            assertThat(fleet.kinds()).as("the answer is known").containsExactly(Kind.SUCCESS);
            response.body().string();
            assertThat(fleet.inFlight()).isZero();
        }
    }

    @Test
    void unreadBodyThatIsClosedEndsTheCall() throws IOException {
        fleet.add("hello");
        call().execute().close();
        assertThat(fleet.inFlight()).isZero();
    }

    @Test
    void emptyBodyEndsTheCallAtOnce() throws IOException {
        fleet.add("");
        Response response = call().execute();
        assertThat(fleet.inFlight()).isZero();
        response.close();
    }

    @Test
    void cancelBeforeItBegins() {
        fleet.add("hello");
        Call call = call();
        call.cancel();
        assertThatThrownBy(call::execute).hasMessage("Canceled");
        assertThat(fleet.inFlight()).isZero();
        assertThat(fleet.served()).isZero();
        assertThat(fleet.kinds()).containsExactly(Kind.CANCELLED);
    }

    @Test
    void cancelWhileConnecting() throws Exception {
        CountDownLatch connecting = new CountDownLatch(1);
        fleet.client(c -> c.socketFactory(new OwnSockets(() -> new HangingSocket(connecting))))
                .add("never");
        Call call = call();
        CompletableFuture<Throwable> failure = failureOf(call);
        connecting.await();
        call.cancel();
        assertThat(failure.get()).isInstanceOf(IOException.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.CANCELLED);
    }

    @Test
    void cancelBeforeTheAnswer() throws Exception {
        Server server = fleet.add(request -> stall());
        fleet.add("never");
        Call call = call();
        CompletableFuture<Throwable> failure = failureOf(call);
        Until.until("the request has arrived", () -> server.requests().size() == 1);
        call.cancel();
        assertThat(failure.get()).isInstanceOf(IOException.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.CANCELLED);
        assertThat(fleet.served()).as("a cancelled call is not repeated").isOne();
    }

    @Test
    void cancelWhileReadingTheBody() throws Exception {
        fleet.add(request -> endlessBody());
        Call call = call();
        CompletableFuture<Throwable> failure = failureOf(call);
        Until.until("the answer has begun", () -> fleet.kinds().contains(Kind.SUCCESS));
        call.cancel();
        assertThat(failure.get()).isInstanceOf(IOException.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds())
                .as("a cancel is not held against the endpoint")
                .containsExactly(Kind.SUCCESS);
    }

    @Test
    void cancelWhileNobodyReads() throws IOException {
        fleet.add(request -> endlessBody());
        Call call = call();
        try (Response response = call.execute()) {
            assertThat(fleet.inFlight()).isOne();
            call.cancel();
            assertThat(fleet.inFlight()).isZero();
            assertThat(response.code()).isEqualTo(200);
        }
    }

    @Test
    void cancelWhileWaitingToTryAgain() throws Exception {
        Backoff forEver = new Backoff(Duration.ofHours(1), Duration.ofHours(1));
        fleet.balancing(lb -> lb.retry(new RetryPolicy(3, forEver)));
        Server server = fleet.add(request -> Server.status(503));
        Call call = call();
        CompletableFuture<Throwable> failure = failureOf(call);
        Until.until("the answer was discarded", () -> server.requests().size() == 1 && fleet.inFlight() == 0);
        call.cancel();
        assertThat(failure.get()).hasMessage("Canceled");
        assertThat(fleet.inFlight()).isZero();
    }

    @Test
    void clientsTimeoutBeforeTheAnswerIsTheEndpointsFailure() {
        fleet.client(c -> c.callTimeout(Fleet.SOON)).add(request -> stall());
        assertThatThrownBy(fleet::ask).hasMessage("timeout");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.TIMED_OUT);
    }

    @Test
    void clientsTimeoutWithinTheBodyIsTheEndpointsFailure() {
        fleet.client(c -> c.callTimeout(Fleet.SOON)).add(request -> endlessBody());
        assertThatThrownBy(fleet::ask).hasMessage("timeout");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.TIMED_OUT);
    }

    @Test
    void exceptionOfALaterInterceptorEndsTheCall() {
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            throw new IllegalStateException("a bug");
        }));
        fleet.add("never");
        assertThatThrownBy(fleet::ask).hasMessage("a bug");
        assertThat(fleet.inFlight()).isZero();
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_SENT);
    }

    @Test
    void exceptionOfAnEarlierInterceptorIsNotHeldAgainstTheEndpoint() {
        fleet.client(c -> c.addInterceptor(chain -> {
            chain.proceed(chain.request()).close();
            throw new IOException("I do not like it");
        }));
        fleet.add("hello");
        assertThatThrownBy(fleet::ask).hasMessage("I do not like it");
        assertThat(fleet.inFlight()).isZero();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
    }

    @Test
    void cacheHitTellsNothingOfTheEndpoint(@TempDir Path directory) throws IOException {
        fleet.client(c -> c.cache(new Cache(directory.toFile(), 1 << 20)));
        fleet.add(request -> new MockResponse.Builder()
                .addHeader("Cache-Control", "max-age=3600")
                .body("cached")
                .build());
        assertThat(fleet.ask()).isEqualTo("200 cached");
        assertThat(fleet.ask()).isEqualTo("200 cached");
        assertThat(fleet.served()).isOne();
        assertThat(fleet.inFlight()).isZero();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.NOT_SENT);
        String forced = fleet.ask(
                fleet.request("/other").cacheControl(CacheControl.FORCE_CACHE).build());
        assertThat(forced).as("OkHttp's own answer").startsWith("504");
        assertThat(fleet.served()).isOne();
        fleet.client().cache().close();
    }

    @Test
    void webSocketIsInFlightUntilItIsClosedAndAvoidsADeadEndpoint() {
        fleet.addDead();
        Server server = fleet.add(request -> new MockResponse.Builder()
                .webSocketUpgrade(new WebSocketListener() {
                    @Override
                    public void onMessage(WebSocket socket, String text) {
                        socket.send("echo " + text);
                    }

                    @Override
                    public void onClosing(WebSocket socket, int code, String reason) {
                        socket.close(code, null);
                    }
                })
                .build());
        CompletableFuture<String> echo = new CompletableFuture<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        WebSocket socket = fleet.client().newWebSocket(fleet.request("/chat").build(), new WebSocketListener() {
            @Override
            public void onMessage(WebSocket open, String text) {
                echo.complete(text);
            }

            @Override
            public void onFailure(WebSocket open, Throwable failure, Response response) {
                echo.completeExceptionally(failure);
                closed.completeExceptionally(failure);
            }

            @Override
            public void onClosed(WebSocket open, int code, String reason) {
                closed.complete(code);
            }
        });
        socket.send("hello");
        assertThat(echo.join()).isEqualTo("echo hello");
        assertThat(fleet.inFlight()).isOne();
        socket.close(1000, null);
        assertThat(closed.join()).isEqualTo(1000);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.CONNECT_FAILED, Kind.SUCCESS);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void serverSentEventsAreInFlightUntilTheyEnd() {
        fleet.addDead();
        fleet.add(request -> new MockResponse.Builder()
                .addHeader("Content-Type", "text/event-stream")
                .body("data: one\n\ndata: two\n\n")
                .build());
        StringBuilder events = new StringBuilder();
        CompletableFuture<String> end = new CompletableFuture<>();
        EventSources.createFactory(fleet.client())
                .newEventSource(fleet.request("/events").build(), new EventSourceListener() {
                    @Override
                    public void onEvent(EventSource source, String id, String type, String data) {
                        events.append(data).append(' ');
                    }

                    @Override
                    public void onClosed(EventSource source) {
                        end.complete(events.toString());
                    }

                    @Override
                    public void onFailure(EventSource source, Throwable failure, Response response) {
                        end.completeExceptionally(failure);
                    }
                });
        assertThat(end.join()).isEqualTo("one two ");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.CONNECT_FAILED, Kind.SUCCESS);
    }

    @Test
    void cancelledEventStreamIsNotInFlight() {
        fleet.add(request -> new MockResponse.Builder()
                .addHeader("Content-Type", "text/event-stream")
                .body("data: one\n\n".repeat(1000))
                .throttleBody(11, 50, TimeUnit.MILLISECONDS)
                .build());
        CompletableFuture<String> first = new CompletableFuture<>();
        EventSource events = EventSources.createFactory(fleet.client())
                .newEventSource(fleet.request("/events").build(), new EventSourceListener() {
                    @Override
                    public void onEvent(EventSource source, String id, String type, String data) {
                        first.complete(data);
                    }
                });
        assertThat(first.join()).isEqualTo("one");
        assertThat(fleet.inFlight()).isOne();
        events.cancel();
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
    }

    @Test
    void duplexCallIsInFlightUntilBothDirectionsEnd() throws IOException {
        fleet.protocols(Protocol.H2_PRIOR_KNOWLEDGE);
        fleet.add(request -> Server.ok("both"));
        CompletableFuture<BufferedSink> sink = new CompletableFuture<>();
        RequestBody duplex = new RequestBody() {
            @Override
            public MediaType contentType() {
                return null;
            }

            @Override
            public boolean isDuplex() {
                return true;
            }

            @Override
            public void writeTo(BufferedSink body) {
                sink.complete(body);
            }
        };
        Call call = fleet.client().newCall(fleet.request("/").post(duplex).build());
        CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return call.execute();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        BufferedSink body = sink.join();
        body.writeUtf8("hello");
        body.flush();
        assertThat(fleet.inFlight()).isOne();
        body.close();
        try (Response response = answer.join()) {
            assertThat(response.body().string()).isEqualTo("both");
        }
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS);
    }

    @Test
    void responseThatNobodyClosesEndsWhenItIsCollected() throws IOException {
        fleet.add("hello");
        fleet.ask(); // connects: OkHttp's thread for that may remember the call for a minute
        leak();
        assertThat(fleet.inFlight()).isOne();
        Until.until("the leak is found", () -> {
            System.gc();
            return fleet.balanced().leaked() == 1;
        });
        assertThat(fleet.inFlight()).isZero();
        assertThat(fleet.ask()).isEqualTo("200 hello");
    }

    private void leak() throws IOException {
        assertThat(call().execute().code()).isEqualTo(200);
    }

    @Test
    void responsesThatAreClosedLeaveNothingUnderWatch() throws IOException {
        fleet.add("hello");
        for (int i = 0; i < 100; i++) {
            fleet.ask();
        }
        System.gc();
        assertThat(fleet.balanced().leaked()).isZero();
    }
}
