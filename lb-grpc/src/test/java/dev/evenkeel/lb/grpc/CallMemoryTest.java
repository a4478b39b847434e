package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.retry.RetryBudget;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallMemoryTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");

    private final CallMemory memory = new CallMemory(RequestInfo.IDEMPOTENT, false);
    private int changes; // of the candidates, as gRPC is told
    private Runnable meanwhile = () -> {};
    private final List<Event.Type> heard = new ArrayList<>();
    private final LoadBalancerListener listener = new LoadBalancerListener() {
        @Override
        public void onEvent(Event event) {
            if (event.type() == Event.Type.RETRY || event.type() == Event.Type.BUDGET_EXHAUSTED) {
                heard.add(event.type());
                meanwhile.run();
                assertThat(Thread.holdsLock(memory))
                        .as("a listener may wait for somebody who waits for the call")
                        .isFalse();
            }
        }
    };
    private LoadBalancer service;
    private LoadBalancerView view;

    private void use(RetryBudget.Settings budget) {
        service = LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(List.of(A, B)))
                .retryBudget(budget)
                .listener(listener)
                .environment(ToldAtOnce.environment())
                .build();
        view = service.openView(() -> {});
        view.setReady(A, true);
        view.setReady(B, true);
    }

    @AfterEach
    void close() {
        service.close();
    }

    private void fail() {
        fail(Outcome.Kind.UNAVAILABLE);
    }

    private void fail(Outcome.Kind kind) {
        memory.failed(
                new CallMemory.Failure(
                        view.pick(memory),
                        RequestInfo.IDEMPOTENT,
                        Status.UNAVAILABLE,
                        Outcome.of(kind, "UNAVAILABLE"),
                        null,
                        null),
                view);
    }

    private AttemptTracer attempt() {
        ChannelView channel = new ChannelView(service, true, null, new Faults(), new ChannelView.Owner() {
            @Override
            public void candidatesChanged() {
                changes++;
            }

            @Override
            public void joined(Endpoint endpoint) {}

            @Override
            public void recovered(Endpoint endpoint) {}
        });
        return (AttemptTracer) new AttemptTracerFactory(
                        channel, view.pick(memory), CallShape.UNARY, new Silence(new OpenCalls(), its -> {}))
                .forGrpc()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder()
                                .setCallOptions(CallOptions.DEFAULT.withOption(CallMemory.KEY, memory))
                                .build(),
                        new Metadata());
    }

    @Test
    void aCallIsTouchedAsSoonAsAnAttemptThatWasSentHasEnded() {
        use(RetryBudget.Settings.DEFAULT);
        AttemptTracer unsent = attempt();
        assertThat(memory.isUntouched()).as("one is under way").isFalse();
        memory.closed(unsent, false);
        assertThat(memory.isUntouched()).isTrue();
        memory.closed(attempt(), true);
        assertThat(memory.isUntouched())
                .as("though nobody knows yet how it ended")
                .isFalse();
    }

    @Test
    void aStreamThatTheServerRefusedIsRepeatedWithoutAToken() {
        use(new RetryBudget.Settings(0.0, 0, RetryBudget.Settings.DEFAULT.window()));
        memory.closed(attempt(), true);
        fail(Outcome.Kind.NOT_PROCESSED);
        assertThat(memory.veto(1, view)).isNull();
        assertThat(heard).containsExactly(Event.Type.RETRY);
    }

    @Test
    void whatTakesThePlaceOfAnAttemptThatWasNeverSentNeedsNoBudget() {
        use(new RetryBudget.Settings(0.0, 0, RetryBudget.Settings.DEFAULT.window()));
        assertThat(memory.veto(1, view)).as("nobody could be picked before").isNull();
        memory.closed(attempt(), false);
        assertThat(memory.veto(1, view))
                .as("its connection was lost before it was sent")
                .isNull();

        AttemptTracer sent = attempt();
        assertThat(memory.veto(1, view).hasResult()).as("a hedge waits").isFalse();
        memory.closed(sent, false);
        assertThat(memory.release())
                .as("for the end of the other, if that was sent or not")
                .isTrue();
    }

    @Test
    void aHedgeThatWaitsIsPickedForAgainWhenTheOtherAttemptWasNeverSent() {
        use(new RetryBudget.Settings(0.0, 0, RetryBudget.Settings.DEFAULT.window()));
        AttemptTracer first = attempt();
        first.streamCreated(Attributes.EMPTY, new Metadata());
        assertThat(memory.veto(1, view).hasResult()).isFalse();
        int before = changes;
        first.streamClosed(Status.UNAVAILABLE);
        assertThat(changes).as("gRPC is told to ask again").isEqualTo(before + 1);
        assertThat(memory.veto(1, view)).isNull();
    }

    /** gRPC makes no stream then: the endpoint was never asked, and another one would not be either. */
    @Test
    void aCallWhoseCredentialsFailIsNotRepeatedAndCostsNothing() {
        use(RetryBudget.Settings.DEFAULT);
        AttemptTracer first = attempt();
        first.streamClosed(Status.UNAVAILABLE.withDescription("no token"));

        assertThat(memory.veto(1, view).isDrop()).isTrue();
        assertThat(memory.veto(1, view).getStatus().getDescription()).isEqualTo("no token");
        assertThat(heard).isEmpty();
    }

    @Test
    void aServersPushbackThatForbidsARepetitionHoldsAlsoWhereThereIsAnotherEndpoint() {
        use(RetryBudget.Settings.DEFAULT);
        for (String forbids : List.of("-1", "soon", "")) {
            assertThat(afterPushback(forbids).isDrop()).as(forbids).isTrue();
        }
        assertThat(afterPushback("60000")).as("a pause does not").isNull();
    }

    private @Nullable PickResult afterPushback(String said) {
        Metadata trailers = new Metadata();
        trailers.put(GrpcOutcomes.PUSHBACK, said);
        CallMemory call = new CallMemory(RequestInfo.IDEMPOTENT, false);
        Pick pick = view.pick(call);
        call.went(pick);
        Outcome outcome = GrpcOutcomes.of(Status.UNAVAILABLE, trailers, false, false);
        call.failed(
                new CallMemory.Failure(pick, RequestInfo.IDEMPOTENT, Status.UNAVAILABLE, outcome, trailers, null),
                view);
        return call.veto(1, view);
    }

    @Test
    void aFailureIsKnownThoughAHedgeWasAllowedThatNeverBegan() {
        use(new RetryBudget.Settings(0.0, 0, RetryBudget.Settings.DEFAULT.window()));
        meanwhile = () -> memory.allow(1);
        memory.went(view.pick(memory));
        memory.closed(attempt(), true);
        fail();
        assertThat(memory.failure()).isEqualTo(Status.UNAVAILABLE);
        assertThat(memory.veto(2, view).isDrop()).as("and not held for ever").isTrue();
    }

    @Test
    void aDecisionIsNoneWhenAHedgeIsBegunMeanwhile() {
        use(new RetryBudget.Settings(0.0, 0, RetryBudget.Settings.DEFAULT.window()));
        List<AttemptTracer> hedge = new ArrayList<>();
        meanwhile = () -> hedge.add(attempt());
        memory.went(view.pick(memory));
        fail();
        assertThat(heard).containsExactly(Event.Type.BUDGET_EXHAUSTED);
        memory.closed(hedge.get(0), false);
        assertThat(memory.failure()).as("what becomes of the hedge decides").isNull();
    }

    @Test
    void noLockIsHeldWhileListenersHearOfARetry() {
        use(RetryBudget.Settings.DEFAULT);
        memory.went(view.pick(memory));
        fail();
        assertThat(memory.veto(1, view)).isNull();
        assertThat(heard).containsExactly(Event.Type.RETRY);
        assertThat(memory.veto(1, view)).as("it is paid for").isNull();
        assertThat(heard).hasSize(1);
    }

    @Test
    void noLockIsHeldWhileListenersHearThatTheBudgetIsSpent() {
        use(new RetryBudget.Settings(0.0, 0, RetryBudget.Settings.DEFAULT.window()));
        memory.went(view.pick(memory));
        fail();
        assertThat(heard).containsExactly(Event.Type.BUDGET_EXHAUSTED);
        assertThat(memory.veto(1, view).isDrop()).isTrue();
    }
}
