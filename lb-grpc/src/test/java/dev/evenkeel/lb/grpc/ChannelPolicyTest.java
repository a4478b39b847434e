package dev.evenkeel.lb.grpc;

import static io.grpc.ConnectivityState.CONNECTING;
import static io.grpc.ConnectivityState.READY;
import static io.grpc.ConnectivityState.TRANSIENT_FAILURE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.VirtualTime;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a channel says that it is ready, connection by connection. */
class ChannelPolicyTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");
    private static final Endpoint C = Endpoint.of("10.0.0.3:80");

    private final VirtualTime time = new VirtualTime();
    private final MutableEndpointSource source = MutableEndpointSource.of(List.of(A, B, C));
    private final LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
            .endpoints(source)
            .policy(LoadBalancingPolicy.roundRobin())
            .environment(time.environment(new Random(42)))
            .build();
    private final ScriptedChannel channel = new ScriptedChannel();
    private final ScriptedLeaf leaf = new ScriptedLeaf();
    private final ChannelPolicy policy = new ChannelPolicy(channel, leaf);

    @BeforeEach
    void resolve() {
        resolve(A, B, C);
    }

    private void resolve(Endpoint... endpoints) {
        assertThat(policy.acceptResolvedAddresses(ScriptedChannel.list(service, List.of(endpoints))))
                .isEqualTo(Status.OK);
    }

    @AfterEach
    void close() {
        policy.shutdown();
        channel.close();
        service.close();
    }

    private void eject(Endpoint endpoint) {
        for (int i = 0; i < 100 && isAvailable(endpoint); i++) {
            Attempt attempt = service.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
            attempt.complete(
                    attempt.endpoint().equals(endpoint)
                            ? Outcome.of(Outcome.Kind.FAILED, "HTTP 500")
                            : Outcome.SUCCESS);
        }
        assertThat(isAvailable(endpoint)).isFalse();
    }

    private boolean isAvailable(Endpoint endpoint) {
        return service.endpoints().stream()
                .anyMatch(status -> status.endpoint().equals(endpoint)
                        && status.availability().isAvailable());
    }

    @Test
    void aConnectionIsKeptForAWhileWhenItsEndpointLeavesAndForAsLongWhenItLeavesAgain() {
        leaf.become(A, READY);
        leaf.become(C, READY);
        resolve(A, B);
        resolve(A, B, C);
        resolve(A, B);
        channel.passTimeOfTheFirst();
        assertThat(leaf.ended).isZero();

        channel.passTime();
        assertThat(leaf.ended).isOne();
    }

    @Test
    void theFirstConnectionMakesTheChannelReady() {
        leaf.become(A, READY);
        assertThat(channel.states).containsExactly(CONNECTING, READY);
    }

    @Test
    void itIsNotReadyWithAnEjectedEndpointWhileABetterOneMayFollow() {
        eject(A);
        leaf.become(A, READY);
        leaf.become(C, TRANSIENT_FAILURE);
        assertThat(channel.states).containsExactly(CONNECTING);

        leaf.become(B, READY);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itIsReadyWithAnEjectedEndpointOnceTheOthersHaveFailed() {
        eject(A);
        leaf.become(A, READY);
        leaf.become(B, TRANSIENT_FAILURE);
        assertThat(channel.state()).isEqualTo(CONNECTING);
        leaf.become(C, TRANSIENT_FAILURE);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itDoesNotWaitForOthersThatAreOutToo() {
        eject(A);
        service.drain(B.id());
        service.drain(C.id());
        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itIsReadyWhenItsEndpointReturnsMeanwhile() {
        eject(A);
        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(CONNECTING);
        time.advance(Duration.ofMinutes(5));
        assertThat(isAvailable(A)).isTrue();
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itIsReadyWhenTheOthersGoOutMeanwhile() {
        eject(A);
        leaf.become(A, READY);
        service.drain(B.id());
        assertThat(channel.state()).isEqualTo(CONNECTING);
        service.drain(C.id());
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itDoesNotWaitForEverForAConnectionThatNobodyAnswers() {
        eject(A);
        leaf.become(A, READY);
        channel.passTime();
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itStaysReadyWhenOnlyAnEjectedEndpointIsLeft() {
        eject(A);
        leaf.become(B, READY);
        leaf.become(A, READY);
        leaf.become(B, CONNECTING);
        assertThat(channel.states).containsExactly(CONNECTING, READY, READY);
    }

    @Test
    void itWaitsAgainAfterAllConnectionsWereLost() {
        eject(A);
        leaf.become(A, READY);
        channel.passTime();
        leaf.become(A, CONNECTING);
        assertThat(channel.state()).isEqualTo(CONNECTING);

        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(CONNECTING);
        channel.passTime();
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void whatTheResolverCannotSayHarmsNothingThatIsConnected() {
        leaf.become(A, READY);
        policy.handleNameResolutionError(Status.UNAVAILABLE.withDescription("no answer"));
        assertThat(channel.state()).isEqualTo(READY);
        assertThat(leaf.ended).isZero();
    }

    @Test
    void withNothingConnectedItIsWhatCallsFailWith() {
        Status status = Status.UNAVAILABLE.withDescription("no answer");
        policy.handleNameResolutionError(status);
        assertThat(channel.state()).isEqualTo(TRANSIENT_FAILURE);
        assertThat(channel.picker().pickSubchannel(null).getStatus()).isEqualTo(status);
    }

    /** What gRPC asks a picker. */
    private static final class Call extends io.grpc.LoadBalancer.PickSubchannelArgs {
        @Override
        public CallOptions getCallOptions() {
            return CallOptions.DEFAULT;
        }

        @Override
        public Metadata getHeaders() {
            return new Metadata();
        }

        @Override
        public MethodDescriptor<?, ?> getMethodDescriptor() {
            return Echo.POST;
        }
    }

    @Test
    void aCallThatIsPickedForJustWhenTheLastConnectionIsLostWaits() {
        leaf.become(A, READY);
        io.grpc.LoadBalancer.SubchannelPicker before = channel.picker();
        leaf.become(A, CONNECTING);
        assertThat(channel.picker()).isNotSameAs(before);
        assertThat(before.pickSubchannel(new Call()).getStatus())
                .as("gRPC asks the old picker for a moment longer")
                .isEqualTo(Status.OK);
    }

    @Test
    void thePickersTextIsNoLongerForMoreEndpoints() {
        leaf.become(A, READY);
        String ready = channel.picker().toString();
        Endpoint[] many = IntStream.range(0, 1000)
                .mapToObj(i -> Endpoint.of("10.1." + i / 250 + "." + i % 250, 80))
                .toArray(Endpoint[]::new);
        source.set(List.of(many));
        resolve(many);
        for (int i = 0; i < many.length; i++) {
            leaf.become(many[i], READY);
        }
        assertThat(channel.picker()).hasToString(ready);
        assertThat(ready).isEqualTo("ViewPicker of orders");

        for (int i = 0; i < many.length; i++) {
            leaf.become(many[i], TRANSIENT_FAILURE);
        }
        assertThat(channel.state()).isEqualTo(TRANSIENT_FAILURE);
        assertThat(channel.picker().toString()).hasSizeLessThan(120);
    }
}
