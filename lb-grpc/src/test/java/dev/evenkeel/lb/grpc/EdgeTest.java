package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.netty.handler.codec.http2.Http2Error;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a proxy says by itself, in HTTP, is no failure of a server behind it. */
class EdgeTest {
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();

    /** Transports word what happened each in its own way. */
    enum Transport {
        NETTY {
            @Override
            ManagedChannelBuilder<?> builder(String target) {
                return NettyChannelBuilder.forTarget(target, InsecureChannelCredentials.create());
            }
        },
        OKHTTP {
            @Override
            ManagedChannelBuilder<?> builder(String target) {
                return OkHttpChannelBuilder.forTarget(target, InsecureChannelCredentials.create());
            }
        };

        abstract ManagedChannelBuilder<?> builder(String target);
    }

    private void callOnce(Transport transport, List<Endpoint> endpoints, Status.Code expected) {
        try (LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
                .endpoints(MutableEndpointSource.of(endpoints))
                .policy(LoadBalancingPolicy.roundRobin())
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String name, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        outcomes.add(outcome);
                    }
                })
                .build()) {
            ManagedChannel channel = EvenkeelGrpc.configure(
                            transport.builder("lb:///" + Fleet.NAME), LoadBalancers.of(service))
                    .build();
            try {
                assertThat(Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT).getCode())
                        .isEqualTo(expected);
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, INTERNAL, REJECTED",
        "404, UNIMPLEMENTED, REJECTED",
        "413, UNKNOWN, REJECTED",
        "431, INTERNAL, REJECTED",
        "500, UNKNOWN, FAILED"
    })
    void anHttpStatusIsJudgedAsSuchAndNotRepeated(int http, Status.Code code, Kind kind) {
        try (Edge edge = Edge.answering(http)) {
            callOnce(Transport.NETTY, List.of(edge.endpoint()), code);

            assertThat(edge.calls.get()).isOne();
            assertThat(outcomes).extracting(Outcome::kind).containsExactly(kind);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRateLimitIsPushbackAndEndsTheCallWhereAllHaveIt(Transport transport) {
        try (Edge edge = Edge.answering(429)) {
            callOnce(transport, List.of(edge.endpoint()), Status.Code.UNAVAILABLE);

            assertThat(edge.calls.get()).isOne();
            assertThat(outcomes).extracting(Outcome::kind).containsExactly(Kind.PUSHBACK);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatIsResetWhileItsConnectionGoesOnIsNoFailureAndNotRepeated(Transport transport) {
        try (Edge one = Edge.resetting();
                Edge other = Edge.resetting()) {
            callOnce(transport, List.of(one.endpoint(), other.endpoint()), Status.Code.CANCELLED);

            assertThat(one.calls.get() + other.calls.get()).isOne();
            assertThat(outcomes).extracting(Outcome::kind).containsExactly(Kind.CANCELLED);
        }
    }

    /** Those that are not {@code CANCEL}. A stream of which the server says that it is wrong concerns the call; else something is wrong with the server. */
    @ParameterizedTest
    @CsvSource({
        "NETTY, PROTOCOL_ERROR, REJECTED",
        "OKHTTP, PROTOCOL_ERROR, REJECTED",
        "NETTY, ENHANCE_YOUR_CALM, PUSHBACK",
        "OKHTTP, ENHANCE_YOUR_CALM, PUSHBACK",
        "NETTY, INTERNAL_ERROR, FAILED",
        "OKHTTP, INTERNAL_ERROR, FAILED"
    })
    void aStreamThatIsResetIsJudgedByItsReasonAndNotRepeated(Transport transport, String error, Kind kind) {
        Http2Error reason = Http2Error.valueOf(error);
        try (Edge edge = Edge.resetting(reason)) {
            callOnce(
                    transport,
                    List.of(edge.endpoint()),
                    reason == Http2Error.ENHANCE_YOUR_CALM ? Status.Code.RESOURCE_EXHAUSTED : Status.Code.INTERNAL);

            assertThat(edge.calls.get()).isOne();
            assertThat(outcomes).extracting(Outcome::kind).containsExactly(kind);
        }
    }

    @Test
    void anUnavailableEdgeIsAFailureThatIsRepeated() {
        try (Edge one = Edge.answering(503);
                Edge other = Edge.answering(503)) {
            callOnce(Transport.NETTY, List.of(one.endpoint(), other.endpoint()), Status.Code.UNAVAILABLE);

            assertThat(one.calls.get() + other.calls.get()).isEqualTo(3);
            assertThat(outcomes).extracting(Outcome::kind).containsOnly(Kind.UNAVAILABLE);
        }
    }
}
