package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.time.Environment;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which failed calls are repeated, where, and at whose expense. Detectors and breakers are not asked here: all endpoints stay in use. */
class RetryTest {
    /** So long that a test which waited for it would not end. */
    private static final Backoff LONG = new Backoff(Duration.ofHours(1), Duration.ofHours(1));

    private static final RetryBudget.Settings AMPLE = new RetryBudget.Settings(1, 1000, Duration.ofSeconds(10));

    private static final Metadata.Key<String> DETAIL = Metadata.Key.of("detail", Metadata.ASCII_STRING_MARSHALLER);

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private Fleet fleet;

    private Fleet use(int servers, UnaryOperator<LoadBalancerBuilder> settings) {
        fleet = Fleet.of(
                servers,
                defaults -> settings.apply(defaults.policy(LoadBalancingPolicy.roundRobin())
                        .panicThreshold(1) // what is ejected stays in use
                        .environment(telling())
                        .listener(new LoadBalancerListener() {
                            @Override
                            public void onEvent(Event event) {
                                events.add(event);
                            }
                        })));
        return fleet;
    }

    /** Returns an environment in which events have been told when the call ends that caused them. */
    private static Environment telling() {
        Environment system = Environment.system();
        return new Environment(
                system.ticker(), system.scheduler(), system.blocking(), system.random(), system.stalls());
    }

    private long repeated() {
        return events.stream().filter(event -> event.type() == Event.Type.RETRY).count();
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void aFailedCallIsRepeatedAtOnceOnAnotherEndpoint() {
        use(2, settings -> settings.retry(new RetryPolicy(2, LONG)).retryBudget(AMPLE));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).failWith(Status.UNAVAILABLE);
        for (int i = 0; i < 50; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }

        assertThat(repeated()).isEqualTo(fleet.server(0).calls.get()).isGreaterThan(10);
    }

    @Test
    void withoutRetriesTheSameCallsFail() {
        use(2, settings -> settings.retry(RetryPolicy.NONE));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).failWith(Status.UNAVAILABLE);
        int failed = 0;
        for (int i = 0; i < 50; i++) {
            try {
                Fleet.get(channel, "x");
            } catch (StatusRuntimeException e) {
                failed++;
            }
        }

        assertThat(failed).isGreaterThan(10);
    }

    @Test
    void theResolverAloneGoesElsewhereToo() {
        use(2, settings -> settings.retry(new RetryPolicy(2, LONG)).retryBudget(AMPLE));
        ManagedChannel channel = fleet.connect(fleet.open(fleet.plainBuilder()));
        fleet.server(0).failWith(Status.UNAVAILABLE);
        for (int i = 0; i < 50; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }

        assertThat(repeated()).isEqualTo(fleet.server(0).calls.get()).isGreaterThan(10);
    }

    @Test
    void aRetryNeverGoesWhereTheCallHasBeenWhileThereIsAnotherEndpoint() {
        use(
                4,
                settings -> settings.retry(new RetryPolicy(4, new Backoff(Duration.ZERO, Duration.ZERO)))
                        .policy(LoadBalancingPolicy.random())
                        .retryBudget(AMPLE));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.servers.subList(1, 4).forEach(server -> server.failWith(Status.UNAVAILABLE));
        for (int i = 0; i < 200; i++) {
            assertThat(Fleet.get(channel, "x"))
                    .as("only one endpoint answers, in four attempts")
                    .isNotNull();
        }
    }

    @Test
    void whatMayHaveBeenProcessedIsNotRepeatedUnlessTheCallSaysThatItMay() {
        use(2, settings -> settings.retry(new RetryPolicy(2, LONG)));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.servers.forEach(
                server -> server.failWith(Status.UNAVAILABLE.withDescription("from " + server.address())));

        Status status = Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT);
        assertThat(status.getDescription()).startsWith("from 127.0.0.1:");
        assertThat(fleet.calls()).isEqualTo(1);

        Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT.withOption(EvenkeelGrpc.IDEMPOTENT, true));
        assertThat(fleet.calls()).isEqualTo(3);

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT.withOption(EvenkeelGrpc.IDEMPOTENT, false));
        assertThat(fleet.calls()).isEqualTo(4);
    }

    @Test
    void anAnswerThatAnotherEndpointWouldGiveTooIsNotRepeated() {
        use(2, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        fleet.servers.forEach(server -> server.failWith(Status.INTERNAL));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);

        assertThat(fleet.calls()).isEqualTo(1);
    }

    @Test
    void attemptsNeverExceedTheCallsAndTheBudgetOfAllChannelsTogether() {
        use(
                3,
                settings -> settings.retry(new RetryPolicy(4, new Backoff(Duration.ZERO, Duration.ZERO)))
                        .retryBudget(new RetryBudget.Settings(0, 0.1, Duration.ofSeconds(10))));
        ManagedChannel one = fleet.connectedChannel();
        ManagedChannel other = fleet.connect(fleet.channel());
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE));
        for (int i = 0; i < 50; i++) {
            Fleet.fail(i % 2 == 0 ? one : other, Echo.GET, CallOptions.DEFAULT);
        }

        assertThat(fleet.calls()).as("a new budget holds ten").isEqualTo(50 + 10);
        assertThat(events)
                .filteredOn(event -> event.type() == Event.Type.BUDGET_EXHAUSTED)
                .hasSize(1);
    }

    @Test
    void aRetryThatIsDeniedReturnsTheOriginalStatusAndTrailersAtOnce() {
        use(
                2,
                settings -> settings.retry(new RetryPolicy(2, LONG))
                        .retryBudget(new RetryBudget.Settings(0, 0, Duration.ofSeconds(10))));
        ManagedChannel channel = fleet.connectedChannel();
        Metadata trailers = new Metadata();
        trailers.put(DETAIL, "full of it");
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE.withDescription("no room"), trailers));

        StatusRuntimeException failure = Fleet.failure(channel, Echo.GET, CallOptions.DEFAULT);

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(failure.getStatus().getDescription()).isEqualTo("no room");
        assertThat(failure.getTrailers().get(DETAIL)).isEqualTo("full of it");
        assertThat(failure.getTrailers().containsKey(GrpcOutcomes.PUSHBACK))
                .as("what we wrote is taken out")
                .isFalse();
        assertThat(fleet.calls()).isEqualTo(1);
    }

    @Test
    void aStreamThatADyingServerResetsIsRepeatedElsewhere() {
        use(2, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        TestServer dying = fleet.server(0);
        dying.behaviour = (request, response) -> new Thread(dying::kill).start();

        for (int i = 0; i < 4; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }
        assertThat(dying.calls.get()).isEqualTo(1);
        assertThat(repeated()).isEqualTo(1);
    }

    @Test
    void aLostConnectionIsRepeatedElsewhere() {
        use(2, settings -> settings);
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.remove(fleet.server(0).address());
            fleet.source.put(wire.endpoint());
            ManagedChannel channel = fleet.connectedChannel();
            fleet.server(0).behaviour = (request, response) -> wire.cut();

            for (int i = 0; i < 4; i++) {
                assertThat(Fleet.get(channel, "x"))
                        .isEqualTo("x@" + fleet.server(1).address());
            }
            assertThat(fleet.server(0).calls.get()).isPositive();
            assertThat(repeated()).isEqualTo(fleet.server(0).calls.get());
        }
    }

    @Test
    void aLostConnectionOfACallThatMustNotBeRepeatedFailsWithWhatHappened() {
        use(2, settings -> settings);
        try (Wire one = new Wire(fleet.server(0).port());
                Wire other = new Wire(fleet.server(1).port())) {
            fleet.source.set(List.of(one.endpoint(), other.endpoint()));
            ManagedChannel channel = fleet.connectedChannel();
            fleet.server(0).behaviour = (request, response) -> one.cut();
            fleet.server(1).behaviour = (request, response) -> other.cut();

            Status status = Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT);

            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).isNotBlank();
            assertThat(fleet.calls()).isEqualTo(1);
            assertThat(repeated()).isZero();
        }
    }

    @Test
    void aPauseIsForTheServerThatAsksForItAndOnlyWhereAllAskItIsTheCallersAffair() {
        use(2, settings -> settings.retry(new RetryPolicy(3, LONG)));
        ManagedChannel channel = fleet.connectedChannel();
        Metadata hour = new Metadata();
        hour.put(GrpcOutcomes.PUSHBACK, "3600001");
        fleet.server(0).failWith(Status.RESOURCE_EXHAUSTED, hour);
        for (int i = 0; i < 4; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }
        assertThat(fleet.server(0).calls.get()).isPositive();

        fleet.servers.forEach(server -> {
            Metadata later = new Metadata();
            later.put(GrpcOutcomes.PUSHBACK, "3600001");
            server.failWith(Status.RESOURCE_EXHAUSTED, later);
            server.calls.set(0);
        });
        StatusRuntimeException failure = Fleet.failure(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(failure.getTrailers().get(GrpcOutcomes.PUSHBACK))
                .as("what the server wrote is left in")
                .isEqualTo("3600001");
        assertThat(fleet.calls()).isBetween(1, 2);
        fleet.servers.forEach(server -> server.calls.set(0));
        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(fleet.calls()).as("by now both have asked").isEqualTo(1);
    }

    @Test
    void aShortPauseOfTheOnlyServerIsWaitedFor() {
        use(1, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        Metadata soon = new Metadata();
        soon.put(GrpcOutcomes.PUSHBACK, "10");
        fleet.server(0).behaviour = (request, response) -> {
            fleet.server(0).behaviour = fleet.server(0).echo;
            response.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException(soon));
        };

        assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(0).address());
        assertThat(fleet.calls()).isEqualTo(2);
    }

    @Test
    void aServerThatForbidsARepetitionIsObeyedThoughThereIsAnother() {
        use(2, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        Metadata never = new Metadata();
        never.put(GrpcOutcomes.PUSHBACK, "-1");
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE, never));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);

        assertThat(fleet.calls()).isEqualTo(1);
    }

    /** A token server that is down is down for every endpoint (grpc-java#6808). */
    @Test
    void aCallWhoseCredentialsFailIsNotRepeatedAndNoEndpointsFailure() {
        use(2, settings -> settings.retryBudget(AMPLE));
        ManagedChannel channel = fleet.connectedChannel();
        AtomicInteger asked = new AtomicInteger();
        CallCredentials failing = new CallCredentials() {
            @Override
            public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
                asked.incrementAndGet();
                applier.fail(Status.UNAVAILABLE.withDescription("the token server is down"));
            }
        };

        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT.withCallCredentials(failing));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("the token server is down");
        assertThat(asked.get()).isEqualTo(1);
        assertThat(repeated()).isZero();
        fleet.servers.forEach(
                server -> assertThat(fleet.status(server).failures()).isZero());
    }

    @Test
    void pushbackIsNoFailureAndTakesAwayWeight() {
        fleet = Fleet.of(2, settings -> settings.retry(RetryPolicy.NONE).policy(LoadBalancingPolicy.weightedRandom()));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).failWith(Status.RESOURCE_EXHAUSTED);
        Until.until("it has pushed back", () -> {
            try {
                Fleet.get(channel, "x");
            } catch (StatusRuntimeException e) {
                return true;
            }
            return false;
        });
        fleet.settled();

        assertThat(fleet.status(fleet.server(0)).failures()).isZero();
        assertThat(fleet.status(fleet.server(0)).availability().isAvailable()).isTrue();
        fleet.server(0).behaviour = fleet.server(0).echo;
        fleet.servers.forEach(server -> server.calls.set(0));
        for (int i = 0; i < 100; i++) {
            Fleet.get(channel, "x");
        }
        assertThat(fleet.server(0).calls.get()).isLessThan(fleet.server(1).calls.get());
    }
}
