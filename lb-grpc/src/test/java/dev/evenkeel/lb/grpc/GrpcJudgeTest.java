package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.evenkeel.lb.call.Judgement;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an application says of answers decides, and cannot do any harm. */
class GrpcJudgeTest {
    private static final Metadata.Key<String> DEGRADED = Metadata.Key.of("degraded", Metadata.ASCII_STRING_MARSHALLER);

    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final Fleet fleet = Fleet.of(
            2,
            settings -> settings.policy(LoadBalancingPolicy.roundRobin()).listener(new LoadBalancerListener() {
                @Override
                public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                    outcomes.add(outcome);
                }
            }));

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private ManagedChannel channel(GrpcJudge judge) {
        ManagedChannel channel =
                fleet.connect(fleet.open(fleet.builder().setNameResolverArg(EvenkeelGrpc.JUDGE, judge)));
        outcomes.clear();
        return channel;
    }

    @ParameterizedTest
    @CsvSource({"SUCCESS, 1", "REJECTED, 1", "FAILED, 1", "UNAVAILABLE, 2", "PUSHBACK, 2"})
    void anAnswerIsWhatTheApplicationSays(Judgement judgement, int attempts) {
        ManagedChannel channel = channel(GrpcJudge.code(Status.Code.ABORTED, judgement));
        fleet.servers.forEach(server -> server.failWith(Status.ABORTED));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        fleet.settled();

        assertThat(fleet.calls()).isGreaterThanOrEqualTo(attempts);
        assertThat(fleet.calls() == 1).isEqualTo(attempts == 1);
        assertThat(outcomes).extracting(Outcome::kind).containsOnly(Kind.valueOf(judgement.name()));
    }

    @Test
    void trailersDecideWhatTheCodeDoesNot() {
        GrpcJudge byTrailer = (status, trailers) -> trailers.containsKey(DEGRADED) ? Judgement.UNAVAILABLE : null;
        ManagedChannel channel =
                channel(GrpcJudge.code(Status.Code.ABORTED, Judgement.FAILED).or(byTrailer));
        Metadata trailers = new Metadata();
        trailers.put(DEGRADED, "yes");
        fleet.server(0).failWith(Status.NOT_FOUND, trailers);
        for (int i = 0; i < 4; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }

        fleet.settled();
        assertThat(outcomes).extracting(Outcome::kind).containsOnly(Kind.UNAVAILABLE, Kind.SUCCESS);
    }

    @Test
    void aGoodStatusCanBeAFailureAndIsNotRepeated() {
        ManagedChannel channel = channel((status, trailers) -> status.isOk() ? Judgement.UNAVAILABLE : null);

        Fleet.get(channel, "x");
        fleet.settled();

        assertThat(fleet.calls()).isOne();
        assertThat(outcomes).extracting(Outcome::kind).containsExactly(Kind.UNAVAILABLE);
    }

    @Test
    void aServerThatForbidsARepetitionIsObeyedWhateverIsSaid() {
        ManagedChannel channel = channel(GrpcJudge.code(Status.Code.ABORTED, Judgement.UNAVAILABLE));
        Metadata trailers = new Metadata();
        trailers.put(GrpcOutcomes.PUSHBACK, "-1");
        fleet.servers.forEach(server -> server.failWith(Status.ABORTED, trailers));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);

        assertThat(fleet.calls()).isOne();
    }

    @Test
    void aJudgeThatThrowsChangesNothingAndIsLoggedOnce() {
        try (Log log = Log.of(Level.WARNING)) {
            ManagedChannel channel = channel((status, trailers) -> {
                throw new AssertionError("thrown by the judge");
            });
            fleet.server(0).failWith(Status.UNAVAILABLE);
            for (int i = 0; i < 4; i++) {
                assertThat(Fleet.get(channel, "x"))
                        .isEqualTo("x@" + fleet.server(1).address());
            }

            fleet.settled();
            assertThat(outcomes).extracting(Outcome::kind).containsOnly(Kind.UNAVAILABLE, Kind.SUCCESS);
            assertThat(log.messages)
                    .singleElement()
                    .asString()
                    .startsWith("orders: an answer could not be judged by EvenkeelGrpc.JUDGE");
        }
    }

    @Test
    void aJudgeOfTheGoodCodeIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GrpcJudge.code(Status.Code.OK, Judgement.FAILED))
                .withMessageStartingWith("judged code is OK, must be one of an error");
    }
}
