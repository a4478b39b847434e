package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.okhttp.HttpOutcomes.Reached;
import dev.evenkeel.lb.okhttp.HttpOutcomes.Stage;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.UnknownServiceException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of answers and failures. */
class HttpOutcomesTest {
    private static final boolean FRESH = false;
    private static final boolean POOLED = true;

    private final HttpOutcomes outcomes = new HttpOutcomes(HttpJudges.NONE);

    static Stream<Arguments> failures() {
        SSLHandshakeException badCertificate = new SSLHandshakeException("no path");
        badCertificate.initCause(new CertificateException());
        IOException closed = new IOException("unexpected end of stream", new EOFException());
        return Stream.of(
                Arguments.of(Kind.CONNECT_FAILED, new ConnectException("refused"), Stage.PICKED, FRESH, true),
                Arguments.of(Kind.CONNECT_FAILED, new SocketTimeoutException("connect"), Stage.PICKED, FRESH, true),
                Arguments.of(Kind.CONNECT_FAILED, new NoRouteToHostException(), Stage.PICKED, FRESH, true),
                Arguments.of(Kind.CONNECT_FAILED, new UnknownHostException("pod-1"), Stage.PICKED, FRESH, true),
                Arguments.of(Kind.CONNECT_FAILED, new SSLHandshakeException("alert"), Stage.PICKED, FRESH, true),
                Arguments.of(Kind.UNTRUSTED, new SSLPeerUnverifiedException("host"), Stage.PICKED, FRESH, true),
                Arguments.of(Kind.UNTRUSTED, badCertificate, Stage.PICKED, FRESH, true),
                Arguments.of(Kind.NOT_SENT, new UnknownServiceException("CLEARTEXT"), Stage.PICKED, FRESH, false),
                Arguments.of(Kind.NOT_SENT, new IOException("interceptor"), Stage.CONNECTED, POOLED, false),
                Arguments.of(Kind.STALE_CONNECTION, new SocketException("closed"), Stage.CONNECTED, POOLED, false),
                Arguments.of(Kind.STALE_CONNECTION, closed, Stage.SENT, POOLED, true),
                Arguments.of(Kind.STALE_CONNECTION, new SocketException("reset"), Stage.SENT, POOLED, true),
                Arguments.of(Kind.BROKEN, closed, Stage.SENT, FRESH, true),
                Arguments.of(Kind.BROKEN, new ProtocolException("status line"), Stage.SENT, POOLED, true),
                Arguments.of(Kind.TIMED_OUT, new SocketTimeoutException("read"), Stage.SENT, POOLED, true),
                Arguments.of(Kind.NOT_SENT, new IOException("body"), Stage.SENT, FRESH, false),
                Arguments.of(Kind.CANCELLED, new InterruptedIOException("interrupted"), Stage.SENT, FRESH, true),
                Arguments.of(Kind.NOT_SENT, new ProtocolException("follow-ups"), Stage.ANSWERED, FRESH, false),
                Arguments.of(Kind.BODY_BROKEN, closed, Stage.ANSWERED, FRESH, true),
                Arguments.of(Kind.NOT_PROCESSED, new ConnectionShutdownException(), Stage.SENT, POOLED, true),
                Arguments.of(
                        Kind.NOT_PROCESSED,
                        new StreamResetException("stream was reset: REFUSED_STREAM"),
                        Stage.SENT,
                        FRESH,
                        true),
                Arguments.of(
                        Kind.BROKEN, new StreamResetException("stream was reset: CANCEL"), Stage.SENT, FRESH, true));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureIsJudgedByHowFarTheAttemptCame(
            Kind kind, IOException failure, Stage stage, boolean reused, boolean transportFailed) {
        Outcome outcome = HttpOutcomes.of(failure, new Reached(stage, reused, false, transportFailed));
        assertThat(outcome.kind()).isEqualTo(kind);
    }

    @Test
    void brokenHttp2ConnectionIsNotStaleBecauseItsReaderWouldHaveNoticed() {
        Outcome outcome = HttpOutcomes.of(new IOException("closed"), new Reached(Stage.SENT, true, true, true));
        assertThat(outcome.kind()).isEqualTo(Kind.BROKEN);
    }

    @Test
    void reasonOfAFailedConnectIsWhatTheSocketSaid() {
        ConnectException failure = new ConnectException("Failed to connect to 127.0.0.1:9999/127.0.0.1:80");
        failure.initCause(new ConnectException("Connection refused"));

        assertThat(HttpOutcomes.of(failure, new Reached(Stage.PICKED, true, false, false)))
                .isEqualTo(Outcome.of(Kind.CONNECT_FAILED, "ConnectException: Connection refused"));
    }

    @Test
    void reasonIsOneLineHoweverLongTheMessage() {
        Outcome outcome = HttpOutcomes.of(
                new SSLPeerUnverifiedException("Hostname not verified:\n    certificate: sha256/secret"),
                new Reached(Stage.PICKED, false, false, true));
        assertThat(outcome.reason()).isEqualTo("SSLPeerUnverifiedException: Hostname not verified:");
    }

    @ParameterizedTest
    @CsvSource({
        "101, SUCCESS", "200, SUCCESS", "299, SUCCESS", "302, SUCCESS", "304, SUCCESS", "399, SUCCESS",
        "400, REJECTED", "401, REJECTED", "404, REJECTED", "407, REJECTED", "408, NOT_PROCESSED", "409, REJECTED",
        "428, REJECTED", "429, PUSHBACK", "430, REJECTED", "499, REJECTED", "500, FAILED", "501, FAILED",
        "502, UNAVAILABLE", "503, UNAVAILABLE", "504, UNAVAILABLE", "599, FAILED", "600, FAILED", "999, FAILED"
    })
    void statusIsJudgedByTheTable(int status, Kind kind) {
        assertThat(outcomes.of(answer(status).build()).kind()).isEqualTo(kind);
    }

    @Test
    void answerCostsNoObject() {
        for (int status : new int[] {404, 408, 502, 999}) {
            Response answer = answer(status).build();
            assertThat(outcomes.of(answer)).isSameAs(outcomes.of(answer));
        }
        assertThat(outcomes.of(answer(200).build())).isSameAs(Outcome.SUCCESS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1                             | PT1S",
                "0                             | PT0S",
                "86401                         | PT24H",
                "99999999999999999999          | PT24H",
                "-1                            | PT0S",
                "1.5                           | PT0S",
                "soon                          | PT0S",
                "''                            | PT0S",
                "Sun, 06 Nov 1994 08:49:40 GMT | PT3S",
                "Sun, 06 Nov 1994 08:49:30 GMT | PT0S",
                "Mon, 06 Nov 1995 08:49:37 GMT | PT24H"
            })
    void pauseIsReadInSecondsOrAsADateAndBounded(String header, Duration pause) {
        Response answer = answer(429)
                .header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("Retry-After", header)
                .build();
        assertThat(RetryAfter.of(answer)).isEqualTo(pause);
        assertThat(outcomes.of(answer).pushbackNanos()).isEqualTo(pause.toNanos());
    }

    @Test
    void unavailableThatAsksForAPauseIsPushback() {
        assertThat(outcomes.of(answer(503).header("Retry-After", "1").build()))
                .isEqualTo(Outcome.pushback("HTTP 503", Duration.ofSeconds(1)));
        assertThat(outcomes.of(answer(503).header("Retry-After", "later").build())
                        .kind())
                .isEqualTo(Kind.UNAVAILABLE);
    }

    private static Response.Builder answer(int status) {
        return new Response.Builder()
                .request(new Request.Builder().url("http://orders.svc/").build())
                .protocol(Protocol.HTTP_1_1)
                .code(status)
                .message("");
    }

    /** OkHttp's own has this name and is not exported. */
    private static final class ConnectionShutdownException extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** OkHttp's own has this name and is not exported. */
    private static final class StreamResetException extends IOException {
        private static final long serialVersionUID = 1;

        StreamResetException(String message) {
            super(message);
        }
    }
}
