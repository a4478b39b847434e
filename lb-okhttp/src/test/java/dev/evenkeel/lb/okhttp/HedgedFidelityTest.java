package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A call that may be under way twice behaves to its caller as any call of OkHttp's. */
class HedgedFidelityTest {
    @RegisterExtension
    private final Fleet fleet = new Fleet().balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));

    private final CountDownLatch over = new CountDownLatch(1);

    private Call call() {
        return fleet.client().newCall(fleet.request("/").build());
    }

    @Test
    void aCallThatWasCancelledBeforeItBeganSendsNothing() {
        fleet.add("hello");
        Call call = call();
        call.cancel();

        assertThatThrownBy(call::execute).isInstanceOf(IOException.class).hasMessage("Canceled");
        assertThat(fleet.served()).isZero();
        fleet.awaitNothingInFlight();
    }

    @Test
    void callsThatAreCancelledInTheQueueSendNothing() throws Exception {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(1);
        fleet.wrapping(w -> w.dispatcher(dispatcher));
        CountDownLatch answer = new CountDownLatch(1);
        Server server = fleet.add(request -> {
            await(answer);
            return Server.ok("hello");
        });
        List<CompletableFuture<String>> ends = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ends.add(Enqueued.end(
                    fleet.client().newCall(fleet.request("/").delete().build())));
        }
        Until.until("the first is under way", () -> server.requests().size() == 1);
        dispatcher.cancelAll();

        for (CompletableFuture<String> end : ends) {
            assertThat(end.get(20, TimeUnit.SECONDS)).isNotEqualTo("200");
        }
        answer.countDown();
        assertThat(fleet.served()).isOne();
        fleet.awaitNothingInFlight();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aTimeoutWhileTheBodyIsReadCancelsTheCall() throws IOException {
        fleet.client(c -> c.callTimeout(Fleet.SOON));
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(1_000))
                .throttleBody(1, 50, TimeUnit.MILLISECONDS)
                .build());
        Call call = call();
        try (Response response = call.execute()) {
            assertThatThrownBy(() -> response.body().string())
                    .isInstanceOf(InterruptedIOException.class)
                    .hasMessage("timeout");
        }
        assertThat(call.isCanceled()).isTrue();
        fleet.awaitNothingInFlight();
    }

    @Test
    void anInterceptorThatSendsAgainWithAnAnswerOpenIsToldSo() {
        fleet.client(c -> c.addInterceptor(chain -> {
            Response open = chain.proceed(chain.request());
            assertThat(open.code()).isEqualTo(200);
            return chain.proceed(chain.request());
        }));
        fleet.add("x".repeat(100_000));

        assertThatThrownBy(call()::execute)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("please call response.close()");
        assertThat(fleet.served()).isOne();
    }

    @Test
    void aBodyIsNotWrittenTwiceAtATimeThoughTheFirstAttemptWasStillConnecting() throws IOException {
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        AtomicBoolean first = new AtomicBoolean(true);
        fleet.balancing(lb -> lb.attemptTimeout(Duration.ofMillis(50)))
                .client(c -> c.socketFactory(
                        new OwnSockets(() -> first.getAndSet(false) ? new WaitingSocket(writing) : new Socket())));
        AtomicInteger readers = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        RequestBody body = new RequestBody() {
            @Override
            public MediaType contentType() {
                return null;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                most.accumulateAndGet(readers.incrementAndGet(), Math::max);
                both.countDown();
                writing.countDown();
                try {
                    // Long enough for the other to come in as well; where it may not, this much is waited in vain.
                    boolean unused = both.await(1, TimeUnit.SECONDS);
                    sink.writeUtf8("order");
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    readers.decrementAndGet();
                }
            }
        };
        fleet.add("first");
        fleet.add("second");

        assertThat(fleet.ask(fleet.request("/").put(body).build())).startsWith("200");
        fleet.awaitNothingInFlight();
        assertThat(most).hasValue(1);
    }

    /** Connects when it is told to. */
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    private static final class WaitingSocket extends Socket {
        private final CountDownLatch latch;

        WaitingSocket(CountDownLatch latch) {
            this.latch = latch;
        }

        @Override
        public void connect(SocketAddress address, int timeoutMillis) throws IOException {
            await(latch);
            super.connect(address, timeoutMillis);
        }
    }

    @Test
    void aSlowListenerDoesNotDelayTheTimeoutsOfOthers() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        fleet.client(c -> c.callTimeout(Fleet.SOON))
                .balancing(lb -> lb.attemptTimeout(Duration.ofMillis(50)).listener(new SlowListener(told, over)));
        fleet.add(request -> {
            await(over);
            return Server.ok("too late");
        });
        fleet.add(request -> {
            await(over);
            return Server.ok("too late");
        });
        CompletableFuture<String> hedged = Enqueued.end(call());
        await(told);
        assertThatAnotherClientTimesOut();
        over.countDown();
        assertThat(hedged.get(20, TimeUnit.SECONDS)).isNotNull();
        fleet.awaitNothingInFlight();
    }

    @Test
    void aSlowListenerDoesNotDelayTheTimeoutsOfOthersWhenADeadlinePasses() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        fleet.balancing(lb -> lb.listener(new SlowListener(told, over) {
            private final AtomicInteger attempts = new AtomicInteger();

            @Override
            public void onAttempt(
                    String service,
                    dev.evenkeel.lb.endpoint.Endpoint endpoint,
                    dev.evenkeel.lb.call.Outcome outcome,
                    long latencyNanos) {
                if (attempts.incrementAndGet() == 2) {
                    block();
                }
            }
        }));
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(1_000))
                .throttleBody(1, 50, TimeUnit.MILLISECONDS)
                .build());
        Call call = fleet.client()
                .newCall(fleet.request("/")
                        .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Fleet.SOON))
                        .build());
        CompletableFuture<String> end = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try (Response response = call.execute()) {
                end.complete(response.body().string());
            } catch (IOException e) {
                end.complete(e.getMessage());
            }
        });
        reader.start();
        await(told);
        assertThatAnotherClientTimesOut();
        over.countDown();
        assertThat(end.get(20, TimeUnit.SECONDS)).contains("deadline of 3000 ms");
        fleet.awaitNothingInFlight();
    }

    /** Blocks the thread that tells it of a hedge. */
    private static class SlowListener implements dev.evenkeel.lb.observe.LoadBalancerListener {
        private final CountDownLatch told;
        private final CountDownLatch over;

        SlowListener(CountDownLatch told, CountDownLatch over) {
            this.told = told;
            this.over = over;
        }

        @Override
        public void onEvent(dev.evenkeel.lb.observe.Event event) {
            if (event.type() == dev.evenkeel.lb.observe.Event.Type.HEDGE) {
                block();
            }
        }

        void block() {
            told.countDown();
            try {
                boolean unused = over.await(20, TimeUnit.SECONDS); // not asserted: it may be a thread that others need
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void assertThatAnotherClientTimesOut() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (MockWebServer silent = new MockWebServer()) {
            silent.setDispatcher(new mockwebserver3.Dispatcher() {
                @Override
                public MockResponse dispatch(mockwebserver3.RecordedRequest request) {
                    await(end);
                    return Server.ok("too late");
                }
            });
            silent.start();
            OkHttpClient other = new OkHttpClient.Builder()
                    .callTimeout(Duration.ofSeconds(1))
                    .build();
            CompletableFuture<String> answer = Enqueued.end(other.newCall(
                    new okhttp3.Request.Builder().url(silent.url("/")).build()));
            assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("timeout");
            end.countDown();
            other.dispatcher().executorService().shutdown();
        }
    }
}
