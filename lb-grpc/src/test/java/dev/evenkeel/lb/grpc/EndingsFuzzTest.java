package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Cancels, deadlines, errors, executors that reject, servers that die or say goodbye, channels that idle or are shut down and hedges, at random and all
 * at a time, over unary calls and streams: in the end nothing is left of them, and no call was executed twice that must not be.
 *
 * <p>{@code -Devenkeel.fuzz.seconds=600} makes it longer, {@code -Devenkeel.fuzz.seed=…} draws the same calls again; threads and sockets
 * see to it that no two runs are the same all the same.
 */
class EndingsFuzzTest {
    private static final int SERVERS = 3;
    private static final int CHANNELS = 3;
    private static final int CALLERS = 4;
    private static final double SECONDS = Double.parseDouble(System.getProperty("evenkeel.fuzz.seconds", "1.5"));
    private static final Map<String, ?> HEDGING = Map.of(
            "methodConfig",
            List.of(Map.of(
                    "name",
                    List.of(Map.of()),
                    "hedgingPolicy",
                    Map.of("maxAttempts", 3.0, "hedgingDelay", "0.005s", "nonFatalStatusCodes", List.of("INTERNAL")))));

    private final long seed = Long.getLong("evenkeel.fuzz.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Map<String, String> executed = new ConcurrentHashMap<>();

    /** How the channels are made. */
    enum Made {
        CONFIGURED {
            @Override
            NettyChannelBuilder builder(Fleet fleet) {
                return fleet.builder();
            }
        },
        /**
         * With calls whose executor takes nothing. gRPC then breaks connections off, forgets streams and may panic, so that a channel keeps what it has; but
         * nothing stays in flight.
         */
        REJECTING {
            @Override
            NettyChannelBuilder builder(Fleet fleet) {
                return fleet.builder();
            }
        },
        HEDGED {
            @Override
            NettyChannelBuilder builder(Fleet fleet) {
                return fleet.builder().disableServiceConfigLookUp().defaultServiceConfig(HEDGING);
            }
        },
        WITH_THE_RESOLVER_ALONE {
            @Override
            NettyChannelBuilder builder(Fleet fleet) {
                return fleet.plainBuilder();
            }
        };

        abstract NettyChannelBuilder builder(Fleet fleet);
    }

    @ParameterizedTest
    @EnumSource
    void whateverHappensToCallsNothingIsLeftOfThem(Made made) throws Exception {
        System.out.println("EndingsFuzzTest: -Devenkeel.fuzz.seed=" + seed + " for " + made);
        WeakReference<LoadBalancer> used = useAndClose(made);

        assertThat(wrong).isEmpty();
        if (made != Made.REJECTING) {
            Until.until("the load balancer is forgotten", () -> {
                System.gc();
                return used.get() == null;
            });
        }
    }

    private WeakReference<LoadBalancer> useAndClose(Made made) throws Exception {
        ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
        Fleet fleet = Fleet.of(
                0,
                settings -> settings.policy(LoadBalancingPolicy.random())
                        .retry(new RetryPolicy(3, new Backoff(Duration.ofMillis(2), Duration.ofMillis(20))))
                        .outliers(OutlierDetection.DEFAULT.with(
                                new EjectionTime(Duration.ofMillis(50), Duration.ofMillis(200), Duration.ZERO, 0.7))));
        try {
            for (int i = 0; i < SERVERS; i++) {
                add(fleet, made, timer);
            }
            makeCalls(fleet, made, timer);
            awaitNothingInFlight(fleet);
        } finally {
            timer.shutdownNow();
            fleet.close();
        }
        return new WeakReference<>(fleet.loadBalancer);
    }

    private void add(Fleet fleet, Made made, ScheduledExecutorService timer) {
        TestServer server = new TestServer(builder ->
                builder.maxConnectionAge(150, TimeUnit.MILLISECONDS).maxConnectionAgeGrace(150, TimeUnit.MILLISECONDS));
        Random moods = new Random(random.nextLong());
        server.behaviour = (request, response) -> answer(server, request, response, moods, timer, made);
        fleet.servers.add(server);
        fleet.source.put(server.endpoint());
    }

    private void answer(
            TestServer server,
            String request,
            StreamObserver<String> response,
            Random moods,
            ScheduledExecutorService timer,
            Made made) {
        String before = executed.put(request, server.address());
        if (before != null && request.startsWith(UnusualCalls.ONCE) && made != Made.HEDGED) {
            wrong.add(request + " was executed at " + before + " and at " + server.address());
        }
        switch (moods.nextInt(12)) {
            case 0 -> response.onError(Status.UNAVAILABLE.asRuntimeException());
            case 1 -> response.onError(Status.INTERNAL.asRuntimeException());
            case 2 -> response.onError(Status.UNAVAILABLE.asRuntimeException(pushback(moods.nextInt(20) - 5)));
            case 3 -> response.onError(Status.NOT_FOUND.asRuntimeException());
            case 4 -> {} // never
            case 5 -> {
                var unused = timer.schedule(() -> server.echo.answer(request, response), 50, TimeUnit.MILLISECONDS);
            }
            case 6 -> response.onNext(request + "@"); // and never ends
            default -> server.echo.answer(request, response);
        }
    }

    private static Metadata pushback(int millis) {
        Metadata trailers = new Metadata();
        trailers.put(GrpcOutcomes.PUSHBACK, String.valueOf(millis));
        return trailers;
    }

    private void makeCalls(Fleet fleet, Made made, ScheduledExecutorService timer) throws InterruptedException {
        AtomicReferenceArray<ManagedChannel> channels = new AtomicReferenceArray<>(CHANNELS);
        for (int i = 0; i < CHANNELS; i++) {
            channels.set(i, made.builder(fleet).build());
        }
        long end = System.nanoTime() + (long) (SECONDS * 1e9);
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            Random draws = new Random(random.nextLong());
            UnusualCalls calls = new UnusualCalls(
                    () -> channels.get(draws.nextInt(CHANNELS)), draws, timer, made == Made.REJECTING, wrong);
            Thread caller = new Thread(() -> {
                while (System.nanoTime() - end < 0) {
                    calls.run();
                    LockSupport.parkNanos(1_000_000);
                }
            });
            caller.setUncaughtExceptionHandler((thread, e) -> wrong.add("a caller died of " + e));
            callers.add(caller);
            caller.start();
        }
        while (System.nanoTime() - end < 0) {
            LockSupport.parkNanos(100_000_000);
            disturb(fleet, made, timer, channels);
        }
        for (Thread caller : callers) {
            caller.join(TimeUnit.SECONDS.toMillis(90));
            assertThat(caller.isAlive()).as("a call does not return").isFalse();
        }
        fleet.servers.forEach(server -> server.behaviour = server.echo);
        awaitNothingInFlight(fleet); // with channels that are open
        for (int i = 0; i < CHANNELS; i++) {
            ManagedChannel channel = channels.get(i);
            shutDown(channel);
            if (made != Made.REJECTING) {
                Until.until("a channel has ended", channel::isTerminated);
            }
        }
    }

    private void disturb(
            Fleet fleet, Made made, ScheduledExecutorService timer, AtomicReferenceArray<ManagedChannel> channels) {
        int i = random.nextInt(CHANNELS);
        switch (random.nextInt(5)) {
            case 0 -> {
                TestServer server = fleet.servers.remove(random.nextInt(SERVERS));
                server.kill();
                add(fleet, made, timer); // at another port: the client may have taken the one that is free now
                fleet.source.remove(server.address());
            }
            case 1 -> channels.getAndSet(i, made.builder(fleet).build()).shutdown();
            case 2 -> shutDown(channels.getAndSet(i, made.builder(fleet).build()));
            case 3 -> channels.get(i).enterIdle();
            default -> {
                TestServer server = fleet.server(random.nextInt(SERVERS));
                fleet.source.remove(server.address());
                fleet.source.put(server.endpoint());
            }
        }
    }

    private static void shutDown(ManagedChannel channel) {
        try {
            channel.shutdownNow();
        } catch (RejectedExecutionException e) {
            // Of an executor that takes nothing; it has begun to shut down.
        }
    }

    private static void awaitNothingInFlight(Fleet fleet) {
        Until.until(
                "nothing is in flight",
                Duration.ofSeconds(60),
                () -> fleet.loadBalancer.endpoints().stream()
                        .map(EndpointStatus::inFlight)
                        .allMatch(inFlight -> inFlight == 0));
    }
}
