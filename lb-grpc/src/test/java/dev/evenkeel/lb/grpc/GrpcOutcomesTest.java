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
import org.junit.jupiter.params.provider.ValueSource;

class GrpcOutcomesTest {
    private static Metadata trailers(String pushback) {
        Metadata trailers = new Metadata();
        trailers.put(GrpcOutcomes.PUSHBACK, pushback);
        return trailers;
    }

    private static Kind answered(Status status) {
        return GrpcOutcomes.of(status, new Metadata(), false, false).kind();
    }

    private static Kind unanswered(Status status) {
        return GrpcOutcomes.of(status, null, false, false).kind();
    }

    @ParameterizedTest
    @CsvSource({
        "OK, SUCCESS",
        "INVALID_ARGUMENT, REJECTED",
        "NOT_FOUND, REJECTED",
        "ALREADY_EXISTS, REJECTED",
        "PERMISSION_DENIED, REJECTED",
        "UNAUTHENTICATED, REJECTED",
        "FAILED_PRECONDITION, REJECTED",
        "ABORTED, REJECTED",
        "OUT_OF_RANGE, REJECTED",
        "UNKNOWN, FAILED",
        "INTERNAL, FAILED",
        "DATA_LOSS, FAILED",
        "UNIMPLEMENTED, REJECTED",
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
        Outcome outcome =
                GrpcOutcomes.of(Status.UNAVAILABLE.withDescription("Connection reset\nby peer"), null, false, false);

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
        assertThat(GrpcOutcomes.of(Status.CANCELLED, null, true, false).kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(GrpcOutcomes.of(Status.CANCELLED, null, false, false).kind()).isEqualTo(Kind.CANCELLED);
    }

    /** The texts are those of grpc-netty and grpc-okhttp. */
    @ParameterizedTest
    @ValueSource(
            strings = {"RST_STREAM closed stream. HTTP/2 error code: CANCEL", "HTTP/2 error code: CANCEL\nRst Stream"})
    void aStreamThatIsResetIsLostOnlyWhereItsServerIsLeaving(String text) {
        Status reset = Status.CANCELLED.withDescription(text);

        assertThat(GrpcOutcomes.of(reset, null, false, true).kind()).isEqualTo(Kind.BROKEN);
        assertThat(unanswered(reset)).as("the server goes on").isEqualTo(Kind.CANCELLED);
        assertThat(GrpcOutcomes.of(reset, null, false, false).reason()).startsWith("gRPC CANCELLED: ");
        assertThat(answered(reset)).isEqualTo(Kind.CANCELLED);
        assertThat(GrpcOutcomes.of(reset, null, true, true).kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(GrpcOutcomes.of(Status.CANCELLED, null, false, true).kind())
                .as("by the caller")
                .isEqualTo(Kind.CANCELLED);
    }

    @Test
    void aServersPushbackIsNoFailureWhateverItsCode() {
        Outcome outcome = GrpcOutcomes.of(Status.UNAVAILABLE, trailers("1500"), false, false);

        assertThat(outcome).isEqualTo(Outcome.pushback("gRPC UNAVAILABLE", Duration.ofMillis(1500)));
        assertThat(GrpcOutcomes.of(Status.OK, trailers("1500"), false, false)).isEqualTo(Outcome.SUCCESS);
    }

    @Test
    void aPushbackOfNothingAllowsARetryAndOneThatIsNoNumberForbidsIt() {
        assertThat(GrpcOutcomes.of(Status.UNAVAILABLE, trailers("0"), false, false)
                        .pushbackNanos())
                .isEqualTo(1_000_000);
        for (String forbids : new String[] {"-1", "", "soon", "99999999999", "1e3"}) {
            assertThat(GrpcOutcomes.of(Status.UNAVAILABLE, trailers(forbids), false, false))
                    .isEqualTo(Outcome.pushback("gRPC UNAVAILABLE", Duration.ZERO));
        }
    }

    @Test
    void aMessageThatIsTooLargeSaysNothingOfTheServersLoad() {
        assertThat(unanswered(Status.RESOURCE_EXHAUSTED)).isEqualTo(Kind.NOT_SENT);
        assertThat(answered(Status.RESOURCE_EXHAUSTED.withDescription("gRPC message exceeds maximum size 4: 5")))
                .isEqualTo(Kind.REJECTED);
    }

    /** What an edge answers in HTTP has no trailers, unless it is of gRPC's content type; the text is grpc-core's own. */
    @ParameterizedTest
    @CsvSource({
        "INTERNAL, 400, REJECTED",
        "UNAUTHENTICATED, 401, REJECTED",
        "PERMISSION_DENIED, 403, REJECTED",
        "UNIMPLEMENTED, 404, REJECTED",
        "UNKNOWN, 408, NOT_PROCESSED",
        "UNKNOWN, 413, REJECTED",
        "INTERNAL, 431, REJECTED",
        "UNAVAILABLE, 429, PUSHBACK",
        "UNKNOWN, 500, FAILED",
        "UNAVAILABLE, 502, UNAVAILABLE",
        "UNAVAILABLE, 503, UNAVAILABLE",
        "UNAVAILABLE, 504, UNAVAILABLE",
        "UNKNOWN, 302, FAILED",
        "UNKNOWN, 200, FAILED"
    })
    void whatAnEdgeAnswersIsJudgedByItsHttpStatus(Status.Code code, int http, Kind kind) {
        Status other = code.toStatus()
                .withDescription("HTTP status code " + http + "\ninvalid content-type: text/html\nheaders: Metadata()");
        Status own = code.toStatus()
                .withDescription(
                        "HTTP status code " + http + "\nmissing GRPC status, inferred error from HTTP status code");

        assertThat(unanswered(other)).isEqualTo(kind);
        assertThat(answered(own)).isEqualTo(kind);
        assertThat(GrpcOutcomes.of(other, null, false, false).reason())
                .isEqualTo("gRPC " + code + ": HTTP status code " + http);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP status code 429",
        "HTTP status code 4",
        "HTTP status code ",
        "HTTP status code 4x9",
        "'HTTP status code 99999999999'"
    })
    void whatAServerWritesIntoADescriptionIsNoHttpStatus(String description) {
        assertThat(answered(Status.INTERNAL.withDescription(description))).isEqualTo(Kind.FAILED);
    }

    @ParameterizedTest
    @CsvSource({"HTTP status code 4", "HTTP status code ", "HTTP status code 4x9", "HTTP status code 99999999999"})
    void aTextThatNamesNoHttpStatusIsALostConnection(String description) {
        assertThat(unanswered(Status.UNAVAILABLE.withDescription(description))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void whatAServerWritesIntoADescriptionIsNotRepeated() {
        assertThat(GrpcOutcomes.of(Status.INTERNAL.withDescription("card 4111"), new Metadata(), false, false)
                        .reason())
                .isEqualTo("gRPC INTERNAL");
    }
}
