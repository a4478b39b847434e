package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.time.VirtualTime;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ConnectivityState;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whether somebody waits over a connection, so that it is looked after. */
class EndpointChildTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");

    private final VirtualTime time = new VirtualTime();
    private final MutableEndpointSource source = MutableEndpointSource.of(List.of(A, B));
    private final LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
            .endpoints(source)
            .environment(time.environment(new Random(42)))
            .build();
    private final ScriptedChannel channel = new ScriptedChannel();
    private final ScriptedLeaf leaf = new ScriptedLeaf();
    private final ChannelView view = new ChannelView(service, true, null, new Faults(), new ChannelView.Owner() {
        @Override
        public void candidatesChanged() {}

        @Override
        public void joined(Endpoint endpoint) {}

        @Override
        public void recovered(Endpoint endpoint) {}
    });
    private final OpenCalls openCalls = new OpenCalls();
    private final EndpointChild child = new EndpointChild(
            channel, leaf, openCalls, (its, wasReady, hadFailed) -> {}, ScriptedChannel.address(A), A);

    @BeforeEach
    void connect() {
        child.connect();
        leaf.become(A, ConnectivityState.READY);
        view.view().setReady(A, true);
    }

    @AfterEach
    void close() {
        view.close();
        channel.close();
        service.close();
    }

    private ClientStreamTracer pick() {
        return pick(CallOptions.DEFAULT);
    }

    private ClientStreamTracer pick(CallOptions options) {
        return Objects.requireNonNull(
                        child.result(ScriptedChannel.CALL, view, view.view().pick(CallShape.UNARY)))
                .getStreamTracerFactory()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder()
                                .setCallOptions(options)
                                .build(),
                        new Metadata());
    }

    private static CallOptions remembered() {
        return CallOptions.DEFAULT.withOption(CallMemory.KEY, new CallMemory(RequestInfo.IDEMPOTENT, false));
    }

    private ClientStreamTracer send() {
        ClientStreamTracer call = pick();
        call.outboundHeaders();
        return call;
    }

    /** The list is without the endpoint for so long that the load balancer forgets what it knew of it. */
    private void isAwayForLong() {
        source.remove(A.id());
        time.advance(Duration.ofHours(1));
        source.put(A);
        view.view().setReady(A, true);
    }

    private boolean isWaitedFor() {
        return child.isWaitedFor();
    }

    @Test
    void aConnectionIsWaitedForFromTheHeadersToTheEnd() {
        assertThat(isWaitedFor()).isFalse();
        ClientStreamTracer call = pick();
        assertThat(isWaitedFor()).isFalse();
        call.outboundHeaders();
        assertThat(isWaitedFor()).isTrue();
        call.streamClosed(Status.OK);
        assertThat(isWaitedFor()).isFalse();
    }

    @Test
    void whatWaitsSinceBeforeTheEndpointWasAwayIsNotForgotten() {
        ClientStreamTracer call = send();
        isAwayForLong();
        send().streamClosed(Status.OK);
        assertThat(service.endpoints()).allMatch(status -> status.inFlight() == 0);

        assertThat(isWaitedFor()).isTrue();
        call.streamClosed(Status.OK);
        assertThat(isWaitedFor()).isFalse();
    }

    @Test
    void aCallOfAnotherChannelIsNotWaitedForInThisOne() {
        ScriptedLeaf leafOfAnother = new ScriptedLeaf();
        EndpointChild another = new EndpointChild(
                channel,
                leafOfAnother,
                new OpenCalls(),
                (its, wasReady, hadFailed) -> {},
                ScriptedChannel.address(A),
                A);
        another.connect();
        leafOfAnother.become(A, ConnectivityState.READY);
        ClientStreamTracer call = Objects.requireNonNull(
                        another.result(ScriptedChannel.CALL, view, view.view().pick(CallShape.UNARY)))
                .getStreamTracerFactory()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder().build(), new Metadata());
        send().streamClosed(Status.OK);
        call.outboundHeaders();
        assertThat(another.isWaitedFor()).isTrue();
        assertThat(isWaitedFor()).isFalse();
        call.streamClosed(Status.OK);
        assertThat(another.isWaitedFor()).isFalse();
    }

    @Test
    void aCallWithADeadlineIsWaitedForByWhatIsInFlight() {
        ClientStreamTracer call = Objects.requireNonNull(
                        child.result(ScriptedChannel.CALL, view, view.view().pick(CallShape.UNARY)))
                .getStreamTracerFactory()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder()
                                .setCallOptions(CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS))
                                .build(),
                        new Metadata());
        call.outboundHeaders();
        assertThat(openCalls.connections()).isEmpty();
        assertThat(isWaitedFor()).isTrue();
        call.streamClosed(Status.OK);
        assertThat(isWaitedFor()).isFalse();
    }

    @Test
    void whatIsSentOverADeadConnectionAfterTheOthersWereEndedEndsToo() {
        CallMemory memory = new CallMemory(RequestInfo.IDEMPOTENT, false);
        AttemptTracer call = (AttemptTracer) pick(CallOptions.DEFAULT.withOption(CallMemory.KEY, memory));
        child.silence().giveUpForGood(Status.UNAVAILABLE);
        assertThat(call.isHopeless()).as("it may go elsewhere yet").isFalse();
        call.outboundHeaders();
        assertThat(call.isHopeless()).isTrue();
    }

    @Test
    void whereItsConnectionIsUsedOnWhatIsSentLaterIsLeftAlone() {
        AttemptTracer before = (AttemptTracer) pick(remembered());
        before.outboundHeaders();
        child.silence().giveUp(Status.UNAVAILABLE);
        AttemptTracer later = (AttemptTracer) pick(remembered());
        later.outboundHeaders();
        assertThat(before.isHopeless()).isTrue();
        assertThat(later.isHopeless()).isFalse();
    }
}
