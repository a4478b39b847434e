package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Cache;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Cancels, interrupts, errors, deadlines, redirects, log-ins, WebSockets, cached answers, broken connections and hedges, all at random and
 * all at a time: in the end nothing is left of them.
 *
 * <p>{@code -Devenkeel.fuzz.seconds=600} makes it longer, {@code -Devenkeel.fuzz.seed=…} draws the same calls again; threads and sockets
 * see to it that no two runs are the same all the same.
 */
class EndingsFuzzTest {
    private static final int SERVERS = 3;
    private static final int CALLERS = 8;
    private static final int LEAKS = 3;
    private static final double SECONDS = Double.parseDouble(System.getProperty("evenkeel.fuzz.seconds", "1.5"));

    private final long seed = Long.getLong("evenkeel.fuzz.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
    private final MockWebServer foreign = new MockWebServer();
    private final TrackedSockets sockets = new TrackedSockets(new Random(seed));
    private final AtomicBoolean listenerBroken = new AtomicBoolean(true);
    private final Queue<Call> inTime = new ConcurrentLinkedQueue<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    @BeforeEach
    void startForeignServer() throws IOException {
        foreign.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                return Server.ok("elsewhere");
            }
        });
        foreign.start();
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
        foreign.close();
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, false", "HTTP_1_1, true", "H2_PRIOR_KNOWLEDGE, false", "H2_PRIOR_KNOWLEDGE, true"})
    void whateverHappensToCallsNothingIsLeftOfThem(Protocol protocol, boolean hedged, @TempDir Path directory)
            throws Exception {
        System.out.println("EndingsFuzzTest: -Devenkeel.fuzz.seed=" + seed + " for " + protocol + ", hedged " + hedged);
        Cache cache = new Cache(directory.toFile(), 1 << 20);
        build(protocol, hedged, cache);
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < SERVERS; i++) {
            servers.add(fleet.add(Mood.of(i, "http://other.test:" + foreign.getPort() + "/")));
        }
        makeCalls(servers, hedged, protocol == Protocol.HTTP_1_1);

        behave(servers);
        assertThat(wrong).isEmpty();
        awaitNothingInFlight();
        assertThat(fleet.balanced().leaked()).isZero();
        assertThat(fleet.balanced().misrouted()).isZero();
        assertThatNoDeadlineIsLeft(servers);
        awaitNoThreadOfOurs();
        awaitGoodHealth(servers);
        awaitNoOpenSocket();
        assertThatLeaksAreCounted(servers);
        cache.close();
    }

    private void build(Protocol protocol, boolean hedged, Cache cache) {
        CircuitBreakerConfig breaker = CircuitBreakerConfig.from(Breaker.DEFAULT)
                .waitDurationInOpenState(Duration.ofMillis(50))
                .build();
        OutlierDetection outliers = OutlierDetection.DEFAULT.with(
                new EjectionTime(Duration.ofMillis(50), Duration.ofMillis(200), Duration.ZERO, 0.7));
        AtomicInteger attempts = new AtomicInteger();
        okhttp3.Dispatcher quiet = new okhttp3.Dispatcher(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setUncaughtExceptionHandler((dying, e) -> {}); // of a saboteur's error, as it is meant to
            return thread;
        }));
        fleet.wrapping(w -> w.dispatcher(quiet))
                .protocols(protocol)
                .balancing(lb -> (hedged
                                ? lb.attemptTimeout(Duration.ofMillis(30)).hedgeWhileSlow(true)
                                : lb)
                        .policy(LoadBalancingPolicy.random())
                        .endpointBreaker(breaker)
                        .outliers(outliers)
                        .connectBackoff(new ConnectBackoff(Duration.ofMillis(10), Duration.ofMillis(50)))
                        .listener(new LoadBalancerListener() {
                            @Override
                            public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long nanos) {
                                if (listenerBroken.get() && attempts.incrementAndGet() % 50 == 0) {
                                    throw new StackOverflowError("in a listener");
                                }
                            }
                        }))
                .client(c -> Saboteur.before(c)
                        .socketFactory(sockets)
                        .cache(cache)
                        .readTimeout(Duration.ofMillis(400))
                        .authenticator((route, response) -> response.request().header("Authorization") != null
                                ? null
                                : response.request()
                                        .newBuilder()
                                        .header("Authorization", "me")
                                        .build()));
    }

    private void makeCalls(List<Server> servers, boolean hedged, boolean webSockets) throws InterruptedException {
        OkHttpClient client = Saboteur.after(fleet.client());
        long end = System.nanoTime() + (long) (SECONDS * 1e9);
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            UnusualCall calls =
                    new UnusualCall(client, new Random(random.nextLong()), timer, hedged, webSockets, inTime, wrong);
            Thread caller = new Thread(() -> {
                while (System.nanoTime() - end < 0) {
                    calls.make();
                }
            });
            caller.setUncaughtExceptionHandler((thread, e) -> wrong.add("a caller died of " + e));
            callers.add(caller);
            caller.start();
        }
        Random drops = new Random(random.nextLong());
        var dropping = timer.scheduleWithFixedDelay(
                () -> {
                    servers.get(drops.nextInt(SERVERS)).dropConnections();
                    servers.forEach(server -> server.requests().clear()); // or a long run fills the memory
                },
                100,
                100,
                TimeUnit.MILLISECONDS);
        for (Thread caller : callers) {
            caller.join(TimeUnit.SECONDS.toMillis(90));
            if (caller.isAlive()) {
                IllegalStateException stuck = new IllegalStateException("a call does not end");
                stuck.setStackTrace(caller.getStackTrace());
                throw stuck;
            }
        }
        dropping.cancel(false);
    }

    private void behave(List<Server> servers) {
        listenerBroken.set(false);
        sockets.behave();
        servers.forEach(server -> server.behave(request -> Server.ok("well")));
    }

    private void awaitNothingInFlight() {
        Until.until("nothing is in flight", () -> {
            System.gc(); // for those of which a listener's error kept us from hearing
            return fleet.balanced().leaked() >= 0 && fleet.inFlight() == 0;
        });
    }

    /** When another one with the same limit has passed, those that were not stopped would have passed too. */
    private void assertThatNoDeadlineIsLeft(List<Server> servers) {
        CountDownLatch over = new CountDownLatch(1);
        servers.forEach(server -> server.behave(request -> {
            await(over);
            return Server.ok("too late");
        }));
        Request silent = Fleet.get("/silent")
                .newBuilder()
                .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(UnusualCall.GENEROUS))
                .build();
        assertThatThrownBy(() -> patient().newCall(silent).execute()).isInstanceOf(DeadlineExceededException.class);
        over.countDown();
        assertThat(inTime).as("calls that ended in time").noneMatch(Call::isCanceled);
        behave(servers);
    }

    private OkHttpClient patient() {
        return fleet.client().newBuilder().readTimeout(Duration.ofSeconds(60)).build();
    }

    private static void await(CountDownLatch latch) {
        try {
            boolean unused = latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitNoThreadOfOurs() {
        try {
            Until.until("no thread runs our code", () -> threadsOfOurs().isEmpty());
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + ": " + threadsOfOurs(), e);
        }
    }

    /** Returns the threads in which our code runs, with their stacks. OkHttp's that read a connection which is kept do so through ours. */
    private static List<String> threadsOfOurs() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey() != Thread.currentThread())
                .filter(thread -> Arrays.stream(thread.getValue())
                        .anyMatch(frame -> frame.getClassName().startsWith("dev.evenkeel.lb.okhttp.")
                                && !frame.getClassName().contains("Server")
                                && !frame.getClassName().startsWith(FirstBytes.class.getName())))
                .map(thread -> thread.getKey() + " " + Arrays.toString(thread.getValue()))
                .toList();
    }

    /** Permits and tokens are back: all endpoints are used, and a failure is repeated. */
    private void awaitGoodHealth(List<Server> servers) {
        Until.until("all endpoints are available", () -> {
            assertThat(ask()).isNotNull();
            return fleet.loadBalancer().endpoints().stream()
                    .allMatch(status -> status.availability().isAvailable());
        });
        AtomicBoolean failed = new AtomicBoolean();
        servers.forEach(server ->
                server.behave(request -> failed.compareAndSet(false, true) ? Server.status(503) : Server.ok("again")));
        Until.until("a failure is repeated", () -> {
            failed.set(false);
            return ask().equals("200 again") && failed.get();
        });
        behave(servers);
        fleet.awaitNothingInFlight();
    }

    private String ask() {
        try {
            return fleet.ask(Fleet.get("/"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void awaitNoOpenSocket() {
        fleet.balanced().close();
        fleet.client().connectionPool().evictAll();
        Until.until("no socket is open", () -> sockets.open() == 0);
    }

    private void assertThatLeaksAreCounted(List<Server> servers) throws IOException {
        servers.forEach(server -> server.behave(request -> Server.ok("x".repeat(1 << 20))));
        servers.forEach(server -> server.requests().clear());
        Until.until(
                "all are connected to",
                () -> { // or OkHttp's threads for that remember the calls that follow
                    return ask().startsWith("200 x")
                            && servers.stream()
                                    .noneMatch(server -> server.requests().isEmpty());
                });
        for (int i = 0; i < LEAKS; i++) {
            leak();
        }
        Until.until(() -> "the leaks are found, and not " + fleet.balanced().leaked(), () -> {
            connectAnew(servers.get(0));
            System.gc();
            return fleet.balanced().leaked() == LEAKS;
        });
        assertThat(fleet.inFlight()).isZero();
    }

    /** OkHttp's threads for connecting remember the latest call that they did so for. */
    private void connectAnew(Server server) {
        OkHttpClient another = fleet.plainClient().build();
        try (Response response = another.newCall(new Request.Builder()
                        .url("http://127.0.0.1:" + server.endpoint().port() + "/")
                        .build())
                .execute()) {
            assertThat(response.code()).isEqualTo(200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        another.connectionPool().evictAll();
    }

    private void leak() throws IOException {
        assertThat(patient().newCall(Fleet.get("/")).execute().code()).isEqualTo(200);
    }
}
