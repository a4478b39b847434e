package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Wherever a call's end finds it, nothing stays in flight. */
class InFlightTest {
    private static final long HELD_NANOS = Duration.ofMillis(200).toNanos();

    private final Queue<StreamObserver<String>> held = new ConcurrentLinkedQueue<>();
    private final Queue<Long> latencies = new ConcurrentLinkedQueue<>();
    private final Naive naive = new Naive();
    private final CallOptions traced = CallOptions.DEFAULT.withStreamTracerFactory(naive);
    private Fleet fleet;

    private Fleet use(int servers, RetryPolicy retry) {
        fleet = Fleet.of(
                servers,
                settings -> settings.retry(retry).listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        latencies.add(latencyNanos);
                    }
                }));
        return fleet;
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private ListenableFuture<String> start(ManagedChannel channel, CallOptions options) {
        return ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, options), "x");
    }

    @Test
    void aCallThatIsCancelledWhileItWaitsForAConnectionWasNever() {
        use(1, RetryPolicy.DEFAULT);
        fleet.server(0).kill();
        ManagedChannel channel = fleet.channel();
        ListenableFuture<String> call = start(channel, traced.withWaitForReady());
        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT); // so that gRPC has seen the one before
        assertThat(fleet.inFlight()).isZero();

        call.cancel(true);
        fleet.server(0).start();
        assertThat(Fleet.call(channel, Echo.GET, CallOptions.DEFAULT.withWaitForReady(), "y"))
                .startsWith("y@");
        fleet.settled();
        assertThat(fleet.server(0).calls.get()).isEqualTo(1);
    }

    /** One stream at a time: what is second waits in the client for the first. */
    private ManagedChannel oneAtATime() {
        use(0, RetryPolicy.NONE);
        TestServer narrow = new TestServer(builder -> builder.maxConcurrentCallsPerConnection(1));
        fleet.servers.add(narrow);
        fleet.source.put(narrow.endpoint());
        ManagedChannel channel = fleet.connectedChannel();
        latencies.clear();
        narrow.behaviour = (request, response) -> held.add(response);
        return channel;
    }

    @Test
    void aCallThatWaitsForAStreamIsNotInFlightThoughItsStreamWasCreated() {
        ManagedChannel channel = oneAtATime();
        ListenableFuture<String> first = start(channel, traced);
        Until.until("the first is in flight", () -> fleet.inFlight() == 1);
        ListenableFuture<String> second = start(channel, traced);
        Until.until("the second has a stream", () -> naive.created.get() == 2);

        assertThat(naive.inFlight()).as("who counts created streams").isEqualTo(2);
        assertThat(fleet.inFlight()).isEqualTo(1);

        second.cancel(true);
        assertThat(fleet.inFlight()).isEqualTo(1);
        first.cancel(true);
    }

    @Test
    void theTimeInWhichACallWaitedForAStreamIsNotTheEndpointsLatency() throws Exception {
        ManagedChannel channel = oneAtATime();
        ListenableFuture<String> first = start(channel, CallOptions.DEFAULT);
        Until.until("the first is in flight", () -> held.size() == 1);
        ListenableFuture<String> second = start(channel, traced);
        Until.until("the second has waited", () -> naive.ageNanos() > HELD_NANOS);
        answer(first);
        Until.until("the second is in flight", () -> held.size() == 1);
        latencies.clear();
        answer(second);
        Until.until("its latency is known", () -> latencies.size() == 1 && naive.latencyNanos > 0);

        assertThat(naive.latencyNanos).as("from the stream's creation").isGreaterThan(HELD_NANOS);
        assertThat(latencies.peek()).isLessThan(naive.latencyNanos - HELD_NANOS / 2);
    }

    private void answer(ListenableFuture<String> call) throws Exception {
        StreamObserver<String> response = held.remove();
        response.onNext("y");
        response.onCompleted();
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo("y");
    }

    @Test
    void whatIsInFlightWhenTheServerSaysGoodbyeEndsLikeAnyOther() throws Exception {
        use(1, RetryPolicy.NONE);
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).behaviour = (request, response) -> held.add(response);
        ListenableFuture<String> call = start(channel, CallOptions.DEFAULT);
        Until.until("it is in flight", () -> held.size() == 1);

        fleet.server(0).shutdownGracefully();
        assertThat(fleet.inFlight()).isEqualTo(1);
        answer(call);
        fleet.settled();
    }

    @Test
    void aChannelThatIsShutDownLeavesNothingInFlight() {
        use(1, new RetryPolicy(2, new Backoff(Duration.ofHours(1), Duration.ofHours(1))));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.server(0).behaviour = (request, response) -> held.add(response);
        List<ListenableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(start(channel, traced));
        }
        Until.until("the server has all of them", () -> held.size() == 20 && fleet.inFlight() == 20);
        fleet.server(0).failWith(Status.UNAVAILABLE);
        for (int i = 0; i < 5; i++) {
            calls.add(start(channel, traced));
        }
        Until.until("those wait for their retry", () -> naive.created.get() == 20 + 2 * 5 && fleet.inFlight() == 20);
        // What the connection's thread was at is over when it has served another call: gRPC forgets a call, for ever,
        // that it is just about to
        // send into its backoff.
        fleet.server(0).behaviour = fleet.server(0).echo;
        Fleet.get(channel, "x");
        assertThat(calls).noneMatch(ListenableFuture::isDone);

        channel.shutdownNow();
        Until.until("all have ended", () -> calls.stream().allMatch(ListenableFuture::isDone));
        fleet.settled();
    }

    /** Counts and measures from the creation of a stream to its end. */
    private static final class Naive extends ClientStreamTracer.Factory {
        private final AtomicInteger created = new AtomicInteger();
        private final AtomicInteger closed = new AtomicInteger();
        private volatile long createdNanos = Long.MAX_VALUE;
        private volatile long latencyNanos;

        int inFlight() {
            return created.get() - closed.get();
        }

        long ageNanos() {
            return created.get() == 0 ? 0 : System.nanoTime() - createdNanos;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            createdNanos = System.nanoTime();
            created.incrementAndGet();
            return new ClientStreamTracer() {
                @Override
                public void streamClosed(Status status) {
                    latencyNanos = System.nanoTime() - createdNanos;
                    closed.incrementAndGet();
                }
            };
        }
    }
}
