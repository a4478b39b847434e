package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GrpcOutcomesTest {
    private static Metadata trailers(String pushback) {
        Metadata trailers = new Metadata();
        trailers.put(GrpcOutcomes.PUSHBACK, pushback);
        return trailers;
    }

    private static Kind answered(Status status) {
        return GrpcOutcomes.of(status, new Metadata(), false).kind();
    }

    private static Kind unanswered(Status status) {
        return GrpcOutcomes.of(status, null, false).kind();
    }

    @ParameterizedTest
    @CsvSource({
        "OK, SUCCESS",
        "INVALID_ARGUMENT, SUCCESS",
        "NOT_FOUND, SUCCESS",
        "ALREADY_EXISTS, SUCCESS",
        "PERMISSION_DENIED, SUCCESS",
        "UNAUTHENTICATED, SUCCESS",
        "FAILED_PRECONDITION, SUCCESS",
        "ABORTED, SUCCESS",
        "OUT_OF_RANGE, SUCCESS",
        "UNKNOWN, FAILED",
        "INTERNAL, FAILED",
        "DATA_LOSS, FAILED",
        "UNIMPLEMENTED, FAILED",
        "UNAVAILABLE, UNAVAILABLE",
        "DEADLINE_EXCEEDED, TIMED_OUT",
        "CANCELLED, CANCELLED",
        "RESOURCE_EXHAUSTED, PUSHBACK"
    })
    void whatAServerAnswersIsJudgedByItsCode(Status.Code code, Kind kind) {
        assertThat(answered(code.toStatus())).isEqualTo(kind);
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void everyCodeHasAnOutcomeWithAndWithoutTrailers(Status.Code code) {
        assertThat(answered(code.toStatus())).isNotNull();
        assertThat(unanswered(code.toStatus())).isNotNull();
    }

    @Test
    void unavailableWithoutTrailersIsALostConnection() {
        Outcome outcome = GrpcOutcomes.of(Status.UNAVAILABLE.withDescription("Connection reset\nby peer"), null, false);

        assertThat(outcome).isEqualTo(Outcome.of(Kind.BROKEN, "gRPC UNAVAILABLE: Connection reset"));
    }

    @Test
    void aRefusedStreamWasNotProcessed() {
        Status refused =
                Status.UNAVAILABLE.withDescription("RST_STREAM closed stream. HTTP/2 error code: REFUSED_STREAM");

        assertThat(unanswered(refused)).isEqualTo(Kind.NOT_PROCESSED);
        assertThat(answered(refused))
                .as("a server's words are not the transport's")
                .isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void aCancellationAfterTheDeadlineIsATimeout() {
        assertThat(GrpcOutcomes.of(Status.CANCELLED, null, true).kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(GrpcOutcomes.of(Status.CANCELLED, null, false).kind()).isEqualTo(Kind.CANCELLED);
    }

    @Test
    void aStreamThatTheServerResetIsNotTheCallersDoing() {
        Status reset = Status.CANCELLED.withDescription("RST_STREAM closed stream. HTTP/2 error code: CANCEL");

        assertThat(unanswered(reset)).isEqualTo(Kind.BROKEN);
        assertThat(answered(reset)).isEqualTo(Kind.CANCELLED);
        assertThat(GrpcOutcomes.of(reset, null, true).kind()).isEqualTo(Kind.TIMED_OUT);
    }

    @Test
    void aServersPushbackIsNoFailureWhateverItsCode() {
        Outcome outcome = GrpcOutcomes.of(Status.UNAVAILABLE, trailers("1500"), false);

        assertThat(outcome).isEqualTo(Outcome.pushback("gRPC UNAVAILABLE", Duration.ofMillis(1500)));
        assertThat(GrpcOutcomes.of(Status.OK, trailers("1500"), false)).isEqualTo(Outcome.SUCCESS);
    }

    @Test
    void aPushbackOfNothingAllowsARetryAndOneThatIsNoNumberForbidsIt() {
        assertThat(GrpcOutcomes.of(Status.UNAVAILABLE, trailers("0"), false).pushbackNanos())
                .isEqualTo(1_000_000);
        for (String forbids : new String[] {"-1", "", "soon", "99999999999", "1e3"}) {
            assertThat(GrpcOutcomes.of(Status.UNAVAILABLE, trailers(forbids), false))
                    .isEqualTo(Outcome.pushback("gRPC UNAVAILABLE", Duration.ZERO));
        }
    }

    @Test
    void aMessageThatIsTooLargeSaysNothingOfTheServersLoad() {
        assertThat(unanswered(Status.RESOURCE_EXHAUSTED)).isEqualTo(Kind.NOT_SENT);
        assertThat(answered(Status.RESOURCE_EXHAUSTED.withDescription("gRPC message exceeds maximum size 4: 5")))
                .isEqualTo(Kind.SUCCESS);
    }

    @Test
    void whatAServerWritesIntoADescriptionIsNotRepeated() {
        assertThat(GrpcOutcomes.of(Status.INTERNAL.withDescription("card 4111"), new Metadata(), false)
                        .reason())
                .isEqualTo("gRPC INTERNAL");
    }
}
