package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What is in flight and how it ended, in the places where gRPC's events mislead. Beside our accounting runs what counts naively, in a
 * tracer of the call's, and shows that the trap is there.
 */
class AccountingTest {
    private final Outcomes outcomes = new Outcomes();
    private final Naive naive = new Naive();
    private final CallOptions traced = CallOptions.DEFAULT.withStreamTracerFactory(naive);
    private Fleet fleet;

    private Fleet use(int servers, RetryPolicy retry) {
        fleet = Fleet.of(servers, settings -> settings.retry(retry).listener(outcomes));
        return fleet;
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void aRetryThatIsCancelledInItsBackoffIsNotInFlight() {
        use(1, new RetryPolicy(2, new Backoff(Duration.ofHours(1), Duration.ofHours(1))));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).failWith(Status.UNAVAILABLE);
        List<ListenableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, traced), "x"));
        }
        Until.until("all wait for their retry", () -> naive.created.get() == 40);
        calls.forEach(call -> call.cancel(true));
        Until.until("all first attempts have ended", () -> naive.closed.get() >= 20);

        fleet.settled();
        channel.shutdownNow();
        Until.until("the channel has ended", channel::isTerminated);
        assertThat(naive.created.get() - naive.closed.get())
                .as("gRPC made streams whose end it never tells")
                .isGreaterThan(0);
        assertThat(fleet.inFlight()).isZero();
    }

    @Test
    void aDeadlineThatPassesIsATimeoutThoughTheStreamIsCancelled() {
        use(1, RetryPolicy.NONE);
        ManagedChannel channel = fleet.connectedChannel();
        outcomes.clear();
        fleet.server(0).hang();

        Status status =
                Fleet.fail(channel, Echo.GET, traced.withDeadlineAfter(Fleet.SOON.toMillis(), TimeUnit.MILLISECONDS));
        fleet.settled();

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(naive.ends).as("what gRPC tells").containsExactly(Status.Code.CANCELLED);
        assertThat(outcomes.kinds()).containsExactly(Outcome.Kind.TIMED_OUT);
        assertThat(fleet.status(fleet.server(0)).failures()).isEqualTo(1);
    }

    @Test
    void aDeadlineOfTheContextIsATimeoutToo() throws Exception {
        use(1, RetryPolicy.NONE);
        ManagedChannel channel = fleet.connectedChannel();
        outcomes.clear();
        fleet.server(0).hang();

        try (io.grpc.Context.CancellableContext context = io.grpc.Context.current()
                .withDeadline(
                        Deadline.after(Fleet.SOON.toMillis(), TimeUnit.MILLISECONDS),
                        java.util.concurrent.Executors.newSingleThreadScheduledExecutor(task -> {
                            Thread thread = new Thread(task);
                            thread.setDaemon(true);
                            return thread;
                        }))) {
            context.call(() -> Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT));
        }
        fleet.settled();

        assertThat(outcomes.kinds()).containsExactly(Outcome.Kind.TIMED_OUT);
    }

    @Test
    void aCallThatTheCallerCancelsIsNobodysFault() {
        use(1, RetryPolicy.DEFAULT);
        ManagedChannel channel = fleet.connectedChannel();
        outcomes.clear();
        fleet.server(0).hang();

        ListenableFuture<String> call = ClientCalls.futureUnaryCall(
                channel.newCall(Echo.GET, traced.withDeadlineAfter(1, TimeUnit.HOURS)), "x");
        Until.until("it is in flight", () -> fleet.inFlight() == 1);
        call.cancel(true);
        fleet.settled();

        assertThat(outcomes.kinds()).containsExactly(Outcome.Kind.CANCELLED);
        assertThat(fleet.status(fleet.server(0)).failures()).isZero();
    }

    @Test
    void headersThatAreReportedAfterTheEndAreNotCounted() {
        use(1, RetryPolicy.DEFAULT);
        fleet.connectedChannel();
        AtomicInteger naivelyInFlight = new AtomicInteger();
        ClientStreamTracer upAndDown = new ClientStreamTracer() {
            @Override
            public void outboundHeaders() {
                naivelyInFlight.incrementAndGet();
            }

            @Override
            public void streamClosed(Status status) {
                if (naivelyInFlight.get() > 0) { // it must not be counted down before it was counted up
                    naivelyInFlight.decrementAndGet();
                }
            }
        };
        for (ClientStreamTracer tracer : List.of(tracer(), upAndDown)) {
            tracer.streamClosed(Status.CANCELLED);
            tracer.outboundHeaders();
        }

        assertThat(naivelyInFlight.get()).as("who counts up at the headers").isEqualTo(1);
        assertThat(fleet.inFlight()).isZero();
    }

    @Test
    void headersAndEndMayRace() throws InterruptedException {
        use(1, RetryPolicy.DEFAULT);
        fleet.connectedChannel();
        for (int i = 0; i < 2000; i++) {
            AttemptTracer tracer = tracer();
            CountDownLatch ready = new CountDownLatch(2);
            Thread headers = new Thread(() -> {
                meet(ready);
                tracer.outboundHeaders();
            });
            headers.start();
            meet(ready);
            tracer.streamClosed(Status.OK);
            headers.join();
            assertThat(fleet.inFlight()).isZero();
        }
    }

    private static void meet(CountDownLatch ready) {
        ready.countDown();
        while (ready.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    /** A tracer as the policy makes them. */
    private AttemptTracer tracer() {
        ChannelView view = new ChannelView(fleet.loadBalancer, true, null, new Faults(), new Nobody());
        view.view().setReady(fleet.server(0).endpoint(), true);
        AttemptTracerFactory factory = new AttemptTracerFactory(
                view, pick(view), CallShape.UNARY, new Silence(new OpenCalls(), silence -> {}));
        view.close();
        return (AttemptTracer) factory.forGrpc()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
    }

    /** Another thread may have to take up what the view was told. */
    private static Pick pick(ChannelView view) {
        AtomicReference<Pick> picked = new AtomicReference<>();
        Until.until("the view knows that the server is ready", () -> {
            try {
                picked.set(view.view().pick(CallShape.UNARY));
                return true;
            } catch (NoEndpointException e) {
                return false;
            }
        });
        return picked.get();
    }

    @Test
    void theLatencyOfAStreamEndsWithItsHeadersAndThatOfACallWithItsEnd() {
        use(1, RetryPolicy.NONE);
        ManagedChannel channel = fleet.connectedChannel();
        outcomes.clear();
        AtomicBoolean seen = new AtomicBoolean();
        CallOptions watched = CallOptions.DEFAULT.withStreamTracerFactory(new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
                return new ClientStreamTracer() {
                    @Override
                    public void inboundMessage(int number) {
                        seen.set(true);
                    }
                };
            }
        });
        Queue<Integer> learnt = new ConcurrentLinkedQueue<>(); // when headers and message were there, and not the end
        fleet.server(0).behaviour = (request, response) -> {
            response.onNext("one");
            Until.until("the client has it", seen::get);
            learnt.add(outcomes.kinds().size());
            response.onCompleted();
        };

        ClientCalls.blockingServerStreamingCall(channel, Echo.WATCH, watched, "x")
                .forEachRemaining(message -> {});
        fleet.settled();
        assertThat(learnt).as("of the stream").containsExactly(1);
        assertThat(outcomes.kinds()).containsExactly(Outcome.Kind.SUCCESS);

        learnt.clear();
        outcomes.clear();
        seen.set(false);
        // The server takes it for a stream: of a unary call it would keep everything back until the end.
        MethodDescriptor<String, String> unary = Echo.WATCH.toBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .build();
        Fleet.call(channel, unary, watched, "x");
        fleet.settled();
        assertThat(learnt).as("of the call").containsExactly(0);
        assertThat(outcomes.kinds()).containsExactly(Outcome.Kind.SUCCESS);
    }

    @Test
    void aStreamThatBreaksOffCountsAsAFailure() {
        use(1, RetryPolicy.DEFAULT);
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).behaviour = (request, response) -> {
            response.onNext("one");
            Until.until("the client sees it", () -> fleet.inFlight() == 1);
            response.onError(Status.INTERNAL.asRuntimeException());
        };
        long before = fleet.status(fleet.server(0)).failures();

        var stream = ClientCalls.blockingServerStreamingCall(channel, Echo.WATCH, CallOptions.DEFAULT, "x");
        assertThat(stream.next()).isEqualTo("one");
        org.assertj.core.api.Assertions.assertThatThrownBy(stream::hasNext).hasMessageContaining("INTERNAL");
        fleet.settled();

        assertThat(fleet.status(fleet.server(0)).failures() - before).isEqualTo(1);
    }

    /** What the load balancer was told. */
    private static final class Outcomes implements LoadBalancerListener {
        private final Queue<Outcome> all = new ConcurrentLinkedQueue<>();

        @Override
        public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
            all.add(outcome);
        }

        List<Outcome.Kind> kinds() {
            return all.stream().map(Outcome::kind).toList();
        }

        void clear() {
            all.clear();
        }
    }

    /** Counts streams when they are made, as gRPC's own policies do, and believes the status it is told. */
    private static final class Naive extends ClientStreamTracer.Factory {
        private final AtomicInteger created = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private final Queue<Status.Code> ends = new ConcurrentLinkedQueue<>();

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            created.incrementAndGet();
            return new ClientStreamTracer() {
                @Override
                public void streamClosed(Status status) {
                    closed.incrementAndGet();
                    ends.add(status.getCode());
                }
            };
        }
    }

    private static final class Nobody implements ChannelView.Owner {
        @Override
        public void candidatesChanged() {}

        @Override
        public void joined(Endpoint endpoint) {}

        @Override
        public void recovered(Endpoint endpoint) {}
    }
}
