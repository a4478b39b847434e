package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ForwardingChannelBuilder2;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections over which nothing comes any more, and nobody closes them. */
class DeadPeerTest {
    /** Of a call that is to be answered. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Fleet fleet = Fleet.of(
            1, settings -> settings.policy(LoadBalancingPolicy.roundRobin()).retry(RetryPolicy.NONE));

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private static Status call(ManagedChannel channel, Duration deadline) {
        return call(channel, "x", deadline);
    }

    private static Status call(ManagedChannel channel, String request, Duration deadline) {
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
        try {
            Fleet.call(channel, Echo.GET, options, request);
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void aConnectionThatSwallowsCallsIsReplacedAfterThreeOfThemAndTwoQuestions() {
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.set(List.of(wire.endpoint()));
            ManagedChannel channel = fleet.connectedChannel();
            wire.swallow();
            long begun = System.nanoTime();
            Until.until(
                    "calls come through again",
                    () -> call(channel, wire.connections.get() < 3 ? Duration.ofMillis(100) : PATIENCE)
                            .isOk());

            assertThat(wire.connections.get())
                    .as("the dead one, one for a question, and the new one")
                    .isEqualTo(3);
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .as("TCP itself takes a quarter of an hour")
                    .isBetween(Duration.ofSeconds(1), PATIENCE);
        }
    }

    @Test
    void aServerThatAnswersNoCallButOurQuestionKeepsItsConnection() {
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.set(List.of(wire.endpoint()));
            ManagedChannel channel = fleet.connectedChannel();
            fleet.server(0).hang();
            Until.until("it was asked twice", () -> {
                call(channel, Duration.ofMillis(50));
                return fleet.server(0).questions.get() >= 2;
            });
            assertThat(wire.connections.get()).isEqualTo(1);
        }
    }

    @Test
    void withoutQuestionsTheConnectionStays() {
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.set(List.of(wire.endpoint()));
            ManagedChannel blind = fleet.connect(
                    fleet.open(fleet.builder().setNameResolverArg(EvenkeelGrpc.LIVENESS_INTERVAL, Duration.ZERO)));
            ManagedChannel channel = fleet.connectedChannel();
            wire.swallow();
            Until.until("the other channel's calls come through again", () -> {
                call(blind, Duration.ofMillis(50));
                return call(channel, wire.connections.get() < 4 ? Duration.ofMillis(50) : PATIENCE)
                        .isOk();
            });
            assertThat(wire.connections.get())
                    .as("one each, one for a question, and a new one")
                    .isEqualTo(4);
            assertThat(call(blind, Duration.ofMillis(50)).isOk()).isFalse();
        }
    }

    @Test
    void aServerThatIsOnlySlowForSomeKeepsItsConnection() {
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.set(List.of(wire.endpoint()));
            ManagedChannel channel = fleet.connectedChannel();
            TestServer server = fleet.server(0);
            long begun = System.nanoTime();
            server.behaviour = (request, response) -> {
                if (request.equals("y")) {
                    server.echo.answer(request, response);
                }
            };
            Until.until("it has been so for longer than silence may last", () -> {
                call(channel, Duration.ofMillis(50));
                call(channel, Duration.ofMillis(50));
                assertThat(call(channel, "y", PATIENCE)).isEqualTo(Status.OK);
                return System.nanoTime() - begun > 1_500_000_000L;
            });
            assertThat(server.questions.get()).as("it was not even suspected").isZero();
            assertThat(wire.connections.get()).isEqualTo(1);
        }
    }

    @Test
    void pingsAreRarerThanAnyServerForbids() {
        List<Duration> set = new ArrayList<>();
        class Noting extends ForwardingChannelBuilder2<Noting> {
            private final ManagedChannelBuilder<?> real = fleet.plainBuilder();

            @Override
            protected ManagedChannelBuilder<?> delegate() {
                return real;
            }

            @Override
            public Noting keepAliveTime(long time, TimeUnit unit) {
                set.add(Duration.of(time, unit.toChronoUnit()));
                return super.keepAliveTime(time, unit);
            }
        }
        EvenkeelGrpc.configure(new Noting(), fleet.services);
        assertThat(set).hasSize(1);
        assertThat(set.get(0)).isGreaterThan(Duration.ofMinutes(5));
    }

    @Test
    void aTransportWithoutPingsIsNotAskedForThem() {
        class Without extends ForwardingChannelBuilder2<Without> {
            private final ManagedChannelBuilder<?> real = fleet.plainBuilder();

            @Override
            protected ManagedChannelBuilder<?> delegate() {
                return real;
            }

            @Override
            public Without keepAliveTime(long time, TimeUnit unit) {
                throw new UnsupportedOperationException();
            }
        }
        ManagedChannel channel = fleet.open(EvenkeelGrpc.configure(new Without(), fleet.services));
        assertThat(Fleet.get(channel, "x")).startsWith("x@");
    }
}
