package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A message or metadata larger than one end takes concerns the call. Any endpoint would end it alike, so it is neither blamed nor asked again. */
class OversizedTest {
    private static final int LIMIT = 4096;
    private static final String LARGE = "x".repeat(4 * LIMIT);
    private static final Metadata.Key<String> DETAIL = Metadata.Key.of("detail", Metadata.ASCII_STRING_MARSHALLER);

    private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    private final TestServer server = new TestServer(settings -> settings.maxInboundMessageSize(LIMIT));
    private LoadBalancer service;
    private ManagedChannel channel;

    @BeforeEach
    void build() {
        service = LoadBalancer.builder(Fleet.NAME)
                .endpoints(MutableEndpointSource.of(List.of(server.endpoint())))
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onAttempt(String name, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                        outcomes.add(outcome);
                    }
                })
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        service.close();
        server.close();
    }

    private Status fail(EdgeTest.Transport transport, String request) {
        channel = EvenkeelGrpc.configure(transport.builder("lb:///" + Fleet.NAME), LoadBalancers.of(service))
                .maxInboundMessageSize(LIMIT)
                .maxInboundMetadataSize(LIMIT)
                .build();
        try {
            Fleet.get(channel, request);
        } catch (StatusRuntimeException e) {
            Until.until("the attempt has ended", () -> !outcomes.isEmpty());
            return e.getStatus();
        }
        return Assertions.fail("answered");
    }

    private void isNobodysFault(Kind... kinds) {
        assertThat(outcomes).hasSize(1).allMatch(outcome -> List.of(kinds).contains(outcome.kind()));
        assertThat(server.calls.get()).isLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(EdgeTest.Transport.class)
    void aRequestThatTheServerDoesNotTake(EdgeTest.Transport transport) {
        assertThat(fail(transport, LARGE).isOk()).isFalse();
        assertThat(outcomes)
                .extracting(Outcome::kind)
                .allMatch(kind -> kind == Kind.REJECTED || kind == Kind.CANCELLED);
        assertThat(outcomes).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(EdgeTest.Transport.class)
    void anAnswerThatTheClientDoesNotTake(EdgeTest.Transport transport) {
        server.behaviour = (request, response) -> {
            response.onNext(LARGE);
            response.onCompleted();
        };
        assertThat(fail(transport, "x").getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        isNobodysFault(Kind.NOT_SENT);
    }

    @ParameterizedTest
    @EnumSource(EdgeTest.Transport.class)
    void trailersThatTheClientDoesNotTake(EdgeTest.Transport transport) {
        Metadata trailers = new Metadata();
        trailers.put(DETAIL, LARGE);
        server.failWith(Status.NOT_FOUND, trailers);
        assertThat(fail(transport, "x").isOk()).isFalse();
        isNobodysFault(Kind.NOT_SENT, Kind.REJECTED); // found out by the client, or by a server that resets the stream
    }

    @ParameterizedTest
    @EnumSource(EdgeTest.Transport.class)
    void trailersAfterAnAnswerThatTheClientDoesNotTake(EdgeTest.Transport transport) {
        Metadata trailers = new Metadata();
        trailers.put(DETAIL, LARGE);
        server.behaviour = (request, response) -> {
            response.onNext("y");
            response.onError(Status.NOT_FOUND.asRuntimeException(trailers));
        };
        assertThat(fail(transport, "x").isOk()).isFalse();
        isNobodysFault(Kind.NOT_SENT, Kind.REJECTED); // found out by the client, or by a server that resets the stream
    }
}
