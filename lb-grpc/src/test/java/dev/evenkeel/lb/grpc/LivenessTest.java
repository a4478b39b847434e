package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls that would wait for ever over a connection that is dead, and those that wait for long over one that is not. */
class LivenessTest {
    private static final Duration INTERVAL = Duration.ofMillis(200);

    /** Long enough for an answer that is to come in time. */
    private static final Duration LONG_INTERVAL = Duration.ofSeconds(1);

    private final Fleet fleet = Fleet.of(
            1, settings -> settings.policy(LoadBalancingPolicy.roundRobin()).retry(RetryPolicy.NONE));
    private final Wire wire = new Wire(fleet.server(0).port());

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
        wire.close();
    }

    private NettyChannelBuilder looking(Duration interval) {
        return fleet.builder().setNameResolverArg(EvenkeelGrpc.LIVENESS_INTERVAL, interval);
    }

    /** A channel that is connected over the wire. */
    private ManagedChannel overWire(Duration interval) {
        fleet.source.set(List.of(wire.endpoint()));
        return fleet.connect(fleet.open(looking(interval)));
    }

    private static ListenableFuture<String> waiting(ManagedChannel channel) {
        return ClientCalls.futureUnaryCall(channel.newCall(Echo.POST, CallOptions.DEFAULT), "x");
    }

    private static Status failure(Future<String> call) {
        try {
            throw new AssertionError("answered " + call.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return Status.fromThrowable(e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** What a stream has brought so far. */
    private static final class Stream implements StreamObserver<String> {
        final Queue<String> messages = new ConcurrentLinkedQueue<>();
        volatile Status end;

        @Override
        public void onNext(String message) {
            messages.add(message);
        }

        @Override
        public void onError(Throwable thrown) {
            end = Status.fromThrowable(thrown);
        }

        @Override
        public void onCompleted() {
            end = Status.OK;
        }
    }

    private static Stream watch(ManagedChannel channel, CallOptions options) {
        Stream stream = new Stream();
        ClientCalls.asyncServerStreamingCall(channel.newCall(Echo.WATCH, options), "x", stream);
        return stream;
    }

    @Test
    void aCallWithoutADeadlineEndsWhenItsConnectionIsDeadAndTheNextOneWorks() {
        ManagedChannel channel = overWire(INTERVAL);
        wire.swallow();

        Status status = failure(waiting(channel));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .startsWith("orders: nothing comes over the connection to "
                        + wire.endpoint().id() + " any more");
        assertThat(Fleet.get(channel, "y")).startsWith("y@");
        assertThat(fleet.loadBalancer.endpoints().get(0).failures())
                .as("the endpoint's failures")
                .isEqualTo(1);
    }

    @Test
    void withoutLooksItWouldGoOnWaiting() {
        ManagedChannel blind = overWire(Duration.ZERO);
        ManagedChannel channel = fleet.connect(fleet.open(looking(INTERVAL)));
        wire.swallow();
        ListenableFuture<String> lost = waiting(blind);
        failure(waiting(channel));
        assertThat(lost.isDone()).isFalse();
        lost.cancel(true);
    }

    @Test
    void aStreamOverADeadConnectionEndsThoughItsDeadlineIsFarOff() {
        ManagedChannel channel = overWire(INTERVAL);
        fleet.server(0).behaviour = (request, response) -> response.onNext("one");
        Stream stream = watch(channel, CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS));
        Until.until("it began", () -> stream.messages.contains("one"));
        wire.swallow();
        Until.until("it ended", () -> stream.end != null);
        assertThat(stream.end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void aServerThatCannotBeConnectedToAnyMoreIsOutAsWell() {
        ManagedChannel channel = overWire(INTERVAL);
        wire.vanish();
        assertThat(failure(waiting(channel)).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        Until.until(
                "calls fail at once, as not connected",
                () -> String.valueOf(Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT)
                                .getDescription())
                        .contains("can be connected to"));
    }

    @Test
    void aStreamThatHasNothingToSayForLongGoesOn() {
        ManagedChannel channel = overWire(LONG_INTERVAL);
        CountDownLatch late = new CountDownLatch(1);
        fleet.server(0).behaviour = (request, response) -> new Thread(() -> {
                    awaitQuietly(late);
                    response.onNext("late");
                    response.onCompleted();
                })
                .start();
        Stream stream = watch(channel, CallOptions.DEFAULT);
        Until.until(
                "the server was asked often", () -> fleet.server(0).questions.get() > 4);
        assertThat(stream.end).isNull();
        late.countDown();
        Until.until("it ended", () -> stream.end != null);
        assertThat(stream.end).isEqualTo(Status.OK);
        assertThat(stream.messages).containsExactly("late");
        assertThat(wire.connections.get())
                .as("it was asked over the same connection")
                .isEqualTo(1);
    }

    @Test
    void aServerThatIsTooBusyToAnswerAnythingKeepsItsCalls() {
        ExecutorService onlyThread = Executors.newSingleThreadExecutor();
        try (TestServer busy = new TestServer(builder -> builder.executor(onlyThread))) {
            fleet.servers.add(busy);
            fleet.source.set(List.of(busy.endpoint()));
            ManagedChannel channel = fleet.open(looking(LONG_INTERVAL));
            CountDownLatch done = new CountDownLatch(1);
            busy.behaviour = (request, response) -> {
                awaitQuietly(done);
                busy.echo.answer(request, response);
            };
            ListenableFuture<String> call = waiting(channel);
            Until.until("it was asked over another connection too", () -> busy.questions.get() >= 2);
            long begun = System.nanoTime();
            Until.until(
                    "it has been so for longer than a verdict takes",
                    () -> System.nanoTime() - begun > 4 * LONG_INTERVAL.toNanos());
            assertThat(call.isDone()).isFalse();
            done.countDown();
            Until.until("the call was answered", call::isDone);
            assertThat(call).succeedsWithin(Duration.ZERO).asString().startsWith("x@");
        } finally {
            onlyThread.shutdownNow();
        }
    }

    @Test
    void aConnectionWithAsManyStreamsAsAreAllowedIsNotDeadForThat() {
        try (TestServer strict = new TestServer(builder -> builder.maxConcurrentCallsPerConnection(1))) {
            fleet.servers.add(strict);
            fleet.source.set(List.of(strict.endpoint()));
            ManagedChannel channel = fleet.open(looking(INTERVAL));
            strict.behaviour = (request, response) -> response.onNext("one");
            Stream stream = watch(channel, CallOptions.DEFAULT);
            Until.until("it began", () -> stream.messages.contains("one"));
            long begun = System.nanoTime();
            Until.until(
                    "it has been so for longer than a dead connection would be",
                    () -> System.nanoTime() - begun > 6 * INTERVAL.toNanos());
            assertThat(stream.end).isNull();
            assertThat(strict.connections.get()).isEqualTo(1);
        }
    }

    @Test
    void whatWaitsAtAnEndpointThatLeftTheListIsLookedAfterToo() {
        ManagedChannel channel = overWire(INTERVAL);
        fleet.server(0).behaviour = (request, response) -> response.onNext("one");
        Stream stream = watch(channel, CallOptions.DEFAULT);
        Until.until("it began", () -> stream.messages.contains("one"));
        fleet.source.set(List.of(fleet.server(0).endpoint()));
        fleet.server(0).behaviour = fleet.server(0).echo;
        Until.until("calls go elsewhere", () -> {
            Fleet.get(channel, "y");
            return fleet.loadBalancer.endpoints().size() == 1
                    && fleet.status(fleet.server(0)).inFlight() == 0;
        });
        wire.swallow();
        Until.until("it ended", () -> stream.end != null);
        assertThat(stream.end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(Fleet.get(channel, "z")).startsWith("z@");
    }

    private NettyChannelBuilder hedging(Duration interval) {
        Map<String, ?> hedging =
                Map.of("name", List.of(Map.of()), "hedgingPolicy", Map.of("maxAttempts", 2.0, "hedgingDelay", "0.02s"));
        return looking(interval)
                .disableServiceConfigLookUp()
                .defaultServiceConfig(Map.of(
                        "loadBalancingConfig",
                        List.of(Map.of("evenkeel", Map.of())),
                        "methodConfig",
                        List.of(hedging)));
    }

    @Test
    void aCallThatIsHedgedElsewhereIsLeftToItsOtherAttempt() {
        TestServer other = new TestServer();
        fleet.servers.add(other);
        fleet.source.set(List.of(wire.endpoint(), other.endpoint()));
        ManagedChannel channel = fleet.connect(fleet.open(hedging(LONG_INTERVAL)));
        wire.swallow();
        CountDownLatch dead = new CountDownLatch(1);
        other.behaviour = (request, response) -> new Thread(() -> {
                    awaitQuietly(dead);
                    other.echo.answer(request, response);
                })
                .start();
        List<ListenableFuture<String>> calls =
                List.of(waiting(channel), waiting(channel)); // by turns, so that one begins at each
        Until.until("the dead connection was replaced", () -> wire.connections.get() >= 3);
        assertThat(calls).noneMatch(Future::isDone);
        dead.countDown();
        assertThat(calls)
                .allSatisfy(call -> assertThat(call)
                        .succeedsWithin(Duration.ofSeconds(20))
                        .asString()
                        .endsWith(other.address()));
    }

    @Test
    void anIntervalBelowNothingIsRefusedWhenTheChannelIsBuilt() {
        assertThatThrownBy(() -> looking(Duration.ofSeconds(-1)).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("EvenkeelGrpc.LIVENESS_INTERVAL is PT-1S, must be 0 for none, or from PT0.1S to PT1H");
    }

    @Test
    void aCallEndsThatIsHedgedBetweenDeadConnections() {
        try (Wire second = new Wire(fleet.server(0).port())) {
            fleet.source.set(List.of(wire.endpoint(), second.endpoint()));
            ManagedChannel channel = fleet.open(hedging(INTERVAL));
            Until.until("both are connected to", () -> {
                Fleet.get(channel, "x");
                return wire.connections.get() == 1 && second.connections.get() == 1;
            });
            wire.swallow();
            second.swallow();
            assertThat(failure(waiting(channel)).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void whoGoesOnSendingWhenItsCallEndsIsNotToldOfABug() {
        ManagedChannel channel = overWire(INTERVAL);
        Stream answers = new Stream();
        StreamObserver<String> requests =
                ClientCalls.asyncBidiStreamingCall(channel.newCall(Echo.CHAT, CallOptions.DEFAULT), answers);
        wire.swallow();
        Until.until("it ended", () -> {
            requests.onNext("x");
            return answers.end != null;
        });
        requests.onNext("x");
        requests.onCompleted();
        assertThat(answers.end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void aServerThatStoodStillForAWhileKeepsItsCalls() {
        ManagedChannel channel = overWire(LONG_INTERVAL);
        fleet.server(0).behaviour = (request, response) -> response.onNext("one");
        Stream stream = watch(channel, CallOptions.DEFAULT);
        Until.until("it began", () -> stream.messages.contains("one"));
        wire.hold();
        Until.until("another connection is being made", () -> wire.connections.get() >= 2);
        wire.letGo();
        long begun = System.nanoTime();
        Until.until(
                "it has been so for longer than a verdict takes",
                () -> System.nanoTime() - begun > 6 * LONG_INTERVAL.toNanos());
        assertThat(stream.end).isNull();
        assertThat(wire.connections.get()).isEqualTo(2);
        channel.shutdownNow();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
