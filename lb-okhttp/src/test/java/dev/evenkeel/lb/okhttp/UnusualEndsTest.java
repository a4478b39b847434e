package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import okhttp3.Cache;
import okhttp3.CacheControl;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interrupts, exceptions and errors from every side: the attempt ends, and what is learnt of its endpoint is no more than is known. */
class UnusualEndsTest {
    private static final Duration ATTEMPT_TIMEOUT = Duration.ofMillis(50);

    private final StoppedClock clock = new StoppedClock();

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private LoadBalancerBuilder hedging(LoadBalancerBuilder lb) {
        return lb.environment(clock.environment()).attemptTimeout(ATTEMPT_TIMEOUT);
    }

    /** How the service makes its attempts. */
    enum Way {
        ONE_BY_ONE,
        /** On the path of hedged calls, though none is late. */
        HEDGED;

        void choose(Fleet fleet) {
            if (this == HEDGED) {
                fleet.balancing(lb -> lb.attemptTimeout(Duration.ofHours(1)));
            }
        }
    }

    private Call call() {
        return fleet.client().newCall(fleet.request("/").build());
    }

    /** Executes a call on another thread; the future is what came of it. */
    private static Running start(Call call) {
        CompletableFuture<Object> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try (Response response = call.execute()) {
                end.complete(response.code());
            } catch (Throwable e) {
                end.complete(e);
            }
        });
        thread.start();
        return new Running(thread, end);
    }

    private record Running(Thread thread, CompletableFuture<Object> end) {}

    @ParameterizedTest
    @EnumSource
    void aCallThatIsInterruptedWhileConnectingIsNoSuccess(Way way) throws Exception {
        way.choose(fleet);
        CountDownLatch connecting = new CountDownLatch(1);
        fleet.client(c -> c.socketFactory(new OwnSockets(() -> new HangingSocket(connecting))))
                .add("never");
        Running running = start(call());
        connecting.await();
        running.thread().interrupt();

        assertThat(running.end().get(20, TimeUnit.SECONDS)).isInstanceOf(Exception.class);
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.CANCELLED);
    }

    @Test
    void anInterruptedHedgedCallLeavesNothingUnderWay() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch connecting = new CountDownLatch(1);
        AtomicBoolean first = new AtomicBoolean(true);
        fleet.balancing(this::hedging)
                .client(c -> c.socketFactory(
                        new OwnSockets(() -> first.getAndSet(false) ? new HangingSocket(connecting) : new Socket())));
        fleet.add("never");
        Server second = fleet.add(request -> {
            await(over);
            return Server.ok("too late");
        });
        Running running = start(call());
        connecting.await();
        clock.advance(ATTEMPT_TIMEOUT);
        Until.until("both are asked", () -> !second.requests().isEmpty());
        running.thread().interrupt();

        assertThat(running.end().get(20, TimeUnit.SECONDS)).isInstanceOf(Exception.class);
        fleet.awaitNothingInFlight();
        over.countDown();
        assertThat(fleet.kinds()).containsExactly(Kind.CANCELLED, Kind.CANCELLED);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCallThatIsCancelledAfterItsEndDoesNotLoseTheRequestThatTriesAnEndpoint() throws Exception {
        fleet.balancing(
                lb -> hedging(lb).connectBackoff(new ConnectBackoff(Duration.ofMillis(1), Duration.ofMillis(1))));
        Server gone = fleet.add("never");
        fleet.add("other");
        Fleet.Killed killed = fleet.kill(gone);
        assertThat(fleet.ask()).isEqualTo("200 other");
        Until.until("it is out", () -> !isAvailable(gone.endpoint()));
        CountDownLatch answer = new CountDownLatch(1);
        CountDownLatch probed = new CountDownLatch(1);
        killed.restart(request -> {
            probed.countDown();
            clock.advance(ATTEMPT_TIMEOUT);
            await(answer);
            return Server.ok("back");
        });
        clock.advance(Duration.ofSeconds(1));
        List<Call> calls = new ArrayList<>();
        Until.until("a request has tried it", () -> {
            Call next = call();
            calls.add(next);
            try (Response response = next.execute()) {
                assertThat(response.body().string()).isEqualTo("other");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return probed.getCount() == 0;
        });
        calls.forEach(Call::cancel);
        answer.countDown();

        fleet.awaitNothingInFlight();
        Until.until(
                "it is back",
                () -> fleet.loadBalancer().endpoints().stream()
                        .allMatch(status -> status.availability().isAvailable()));
    }

    @ParameterizedTest
    @EnumSource
    void aRequestThatTriesAnEndpointAndRunsOutOfTimeWhileConnectingDoesNotBringItBack(Way way) throws Exception {
        ConnectBackoff quick = new ConnectBackoff(Duration.ofMillis(50), Duration.ofMinutes(1));
        fleet.balancing(lb -> (way == Way.HEDGED ? lb.attemptTimeout(Duration.ofHours(1)) : lb).connectBackoff(quick));
        AtomicBoolean silent = new AtomicBoolean();
        CountDownLatch connecting = new CountDownLatch(1);
        fleet.client(c ->
                c.socketFactory(new OwnSockets(() -> silent.get() ? new HangingSocket(connecting) : new Socket())));
        Endpoint dead = fleet.addDead();
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
        Until.until("it is out", () -> !isAvailable(dead));

        silent.set(true);
        Until.until("a request has tried it", () -> {
            assertThatThrownBy(() -> fleet.ask(fleet.request("/")
                            .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Duration.ofMillis(300)))
                            .build()))
                    .isInstanceOf(IOException.class);
            return connecting.getCount() == 0;
        });
        fleet.awaitNothingInFlight();
        assertThat(isAvailable(dead)).isFalse();
        assertThat(fleet.kinds()).doesNotContain(Kind.SUCCESS);
    }

    private boolean isAvailable(Endpoint endpoint) {
        return fleet.loadBalancer().endpoints().stream()
                .filter(status -> status.endpoint().equals(endpoint))
                .allMatch(status -> status.availability().isAvailable());
    }

    @Test
    void whatAnInterceptorAfterOursThrowsIsNotTheEndpointsFailureAndIsNotRepeated() {
        fleet.add("never");
        fleet.add("never");
        AtomicInteger asked = new AtomicInteger();
        OkHttpClient client = fleet.client()
                .newBuilder()
                .addInterceptor(chain -> {
                    asked.incrementAndGet();
                    throw new IOException("token server is down");
                })
                .build();

        assertThatThrownBy(() -> client.newCall(fleet.request("/")
                                .post(RequestBody.create("order", null))
                                .build())
                        .execute())
                .hasMessage("token server is down");
        assertThat(asked).hasValue(1);
        assertThat(fleet.kinds()).containsExactly(Kind.NOT_SENT);
        assertThat(fleet.loadBalancer().endpoints())
                .allMatch(status -> status.availability().isAvailable());
        fleet.awaitNothingInFlight();
    }

    @Test
    void aRefusedConnectionThatAnInterceptorAfterOursPutsInItsOwnWordsIsStillRepeated() throws IOException {
        fleet.addDead();
        fleet.add("alive");
        OkHttpClient client = fleet.client()
                .newBuilder()
                .addInterceptor(chain -> {
                    try {
                        return chain.proceed(chain.request());
                    } catch (IOException e) {
                        throw new IOException("in other words", e);
                    }
                })
                .build();

        try (Response response = client.newCall(fleet.request("/").build()).execute()) {
            assertThat(response.body().string()).isEqualTo("alive");
        }
        assertThat(fleet.kinds()).containsExactly(Kind.CONNECT_FAILED, Kind.SUCCESS);
    }

    @ParameterizedTest
    @EnumSource
    void anErrorOfTheUsersEventListenerEndsTheAttemptWhereverItIsThrown(Way way) {
        way.choose(fleet);
        List<String> events = List.of("connectStart", "requestHeadersStart", "responseHeadersEnd", "callEnd");
        ErrorThrower thrower = new ErrorThrower();
        fleet.client(c -> c.eventListener(thrower));
        fleet.add("");
        for (String event : events) {
            fleet.balanced().client().connectionPool().evictAll();
            fleet.loadBalancer();
            thrower.next = event;
            assertThatThrownBy(() -> call().execute().close()).as(event).hasMessage("thrown at " + event);
            fleet.awaitNothingInFlight();
            fleet.source()
                    .remove(fleet.loadBalancer().endpoints().get(0).endpoint().id());
            fleet.add("");
        }
    }

    private static final class ErrorThrower extends EventListener {
        private volatile String next = "";

        private void at(String event) {
            if (next.equals(event)) {
                next = "";
                throw new AssertionError("thrown at " + event);
            }
        }

        @Override
        public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
            at("connectStart");
        }

        @Override
        public void requestHeadersStart(Call call) {
            at("requestHeadersStart");
        }

        @Override
        public void responseHeadersEnd(Call call, Response response) {
            at("responseHeadersEnd");
        }

        @Override
        public void callEnd(Call call) {
            at("callEnd");
        }
    }

    /** Whether it was cancelled or out of time, only the end of the call says, of which we do not hear. */
    @ParameterizedTest
    @EnumSource
    void anErrorOfTheUsersEventListenerAtTheEndOfACancelledCallIsSettledByTheGarbageCollector(Way way)
            throws Exception {
        way.choose(fleet);
        fleet.client(c -> c.callTimeout(Duration.ofHours(1)).eventListener(new EventListener() {
            @Override
            public void callFailed(Call call, IOException failure) {
                throw new AssertionError("thrown at callFailed");
            }
        }));
        CountDownLatch over = new CountDownLatch(1);
        Server server = fleet.add("hello");
        fleet.ask(); // connects: OkHttp's thread for that may remember the call for a minute
        server.behave(request -> {
            await(over);
            return Server.ok("too late");
        });
        cancelUnderWay(server);
        over.countDown();
        Until.until("nothing is in flight", () -> {
            System.gc();
            return fleet.balanced().leaked() == 0 && fleet.inFlight() == 0;
        });
    }

    private void cancelUnderWay(Server server) throws Exception {
        Call call = call();
        Running running = start(call);
        Until.until("the request has arrived", () -> server.requests().size() == 2);
        call.cancel();
        assertThat(running.end().get(20, TimeUnit.SECONDS)).isInstanceOf(Throwable.class);
        running.thread().join();
    }

    /** OkHttp then keeps it from the user and closes only the body that it has not, so that the call never ends. */
    @Test
    void aWebSocketThatIsCancelledWhileItOpensIsNotInFlight() throws Exception {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        fleet.client(c -> c.callTimeout(Duration.ofHours(1)).addInterceptor(chain -> {
            Response opened = chain.proceed(chain.request());
            chain.call().cancel();
            return opened;
        }));
        fleet.add(request -> new MockResponse.Builder()
                .webSocketUpgrade(new WebSocketListener() {})
                .build());
        WebSocket unused = fleet.client().newWebSocket(fleet.request("/").build(), new WebSocketListener() {
            @Override
            public void onFailure(WebSocket socket, Throwable failure, Response response) {
                end.complete(failure);
            }
        });
        assertThat(end.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        fleet.awaitNothingInFlight();
    }

    @ParameterizedTest
    @EnumSource
    void anErrorOfAListenerOfTheLoadBalancerDoesNotLeaveTheAttemptInFlight(Way way) {
        AtomicBoolean broken = new AtomicBoolean(true);
        fleet.balancing(lb -> (way == Way.HEDGED ? lb.attemptTimeout(Duration.ofHours(1)) : lb)
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        if (broken.get()) {
                            throw new AssertionError("a broken listener");
                        }
                    }
                }));
        fleet.addDead();
        fleet.add("alive");
        for (int i = 0; i < 3; i++) {
            try (Response response = call().execute()) {
                assertThat(response.code()).isEqualTo(200);
            } catch (AssertionError | IOException e) {
                // It may spoil the call, which the listener's owner will notice.
            }
        }
        fleet.awaitNothingInFlight();
    }

    @Test
    void answersFromTheCacheAreNotTakenForLeaks(@TempDir Path directory) throws IOException {
        fleet.client(c -> c.cache(new Cache(directory.toFile(), 1 << 20)));
        fleet.add(request -> new MockResponse.Builder()
                .addHeader("Cache-Control", "max-age=3600")
                .body("cached")
                .build());
        List<WeakReference<Call>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(ask());
        }
        Until.until("nothing remembers the calls that needed no connection", () -> {
            System.gc();
            return calls.stream().skip(1).allMatch(call -> call.refersTo(null));
        });
        leak();
        Until.until("a real leak is found", () -> {
            System.gc();
            return fleet.balanced().leaked() > 0;
        });
        assertThat(fleet.balanced().leaked()).isOne();
        fleet.client().cache().close();
    }

    private void leak() throws IOException {
        Request fresh = fleet.request("/")
                .cacheControl(new CacheControl.Builder().noCache().build())
                .build();
        assertThat(fleet.client().newCall(fresh).execute().code()).isEqualTo(200);
    }

    private WeakReference<Call> ask() throws IOException {
        Call call = call();
        try (Response response = call.execute()) {
            assertThat(response.body().string()).isEqualTo("cached");
        }
        return new WeakReference<>(call);
    }
}
