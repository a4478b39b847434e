package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Judgement;
import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.retry.Hedging;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application says of answers decides, and cannot do any harm. */
class HttpJudgeTest {
    @RegisterExtension
    final Fleet fleet = new Fleet();

    @ParameterizedTest
    @CsvSource({"SUCCESS, 1", "REJECTED, 1", "FAILED, 1", "UNAVAILABLE, 2", "PUSHBACK, 2"})
    void anAnswerIsWhatTheApplicationSays(Judgement judgement, int attempts) throws IOException {
        fleet.wrapping(b -> b.judge(HttpJudge.status(418, judgement)));
        fleet.add(request -> Server.status(418));
        fleet.add("fine");

        assertThat(fleet.ask()).startsWith(attempts == 1 ? "418" : "200");
        assertThat(fleet.kinds().get(0)).isEqualTo(Kind.valueOf(judgement.name()));
        assertThat(fleet.kinds()).hasSize(attempts);
        fleet.awaitNothingInFlight();
    }

    @Test
    void headersCanSayThatAGoodStatusIsAFailureAndThatItIsToBeRepeated() throws IOException {
        fleet.wrapping(b -> b.judge(answer -> answer.header("X-Error") == null ? null : Judgement.UNAVAILABLE));
        fleet.add(request -> new MockResponse.Builder()
                .addHeader("X-Error", "no leader")
                .body("no")
                .build());
        fleet.add("fine");

        assertThat(fleet.ask()).isEqualTo("200 fine");
        assertThat(fleet.samples().get(0).outcome().reason()).isEqualTo("HTTP 200");
        assertThat(fleet.kinds()).containsExactly(Kind.UNAVAILABLE, Kind.SUCCESS);
        fleet.awaitNothingInFlight();
    }

    @Test
    void aHedgedCallIsJudgedToo() throws IOException {
        fleet.balancing(lb -> lb.hedging(Hedging.DEFAULT))
                .wrapping(b -> b.judge(HttpJudge.status(404, Judgement.UNAVAILABLE)));
        fleet.add(request -> Server.status(404));
        fleet.add("fine");

        assertThat(fleet.ask()).isEqualTo("200 fine");
        fleet.awaitNothingInFlight();
    }

    @Test
    void aServicesOwnJudgeIsAskedFirstThenThoseOfAllInTheirOrder() throws IOException {
        List<String> asked = new ArrayList<>();
        fleet.wrapping(b -> b.judge(saying(asked, "all", null))
                .judge(Fleet.SERVICE, saying(asked, "own", null))
                .judge(saying(asked, "all, too", Judgement.REJECTED))
                .judge(saying(asked, "never", Judgement.FAILED)));
        fleet.add("fine");
        fleet.ask();

        assertThat(asked).containsExactly("own", "all", "all, too");
        assertThat(fleet.kinds()).containsExactly(Kind.REJECTED);
    }

    private static HttpJudge saying(List<String> asked, String name, @Nullable Judgement says) {
        return answer -> {
            asked.add(name);
            return says;
        };
    }

    @Test
    void aPauseIsReadFromTheAnswerWhateverItsStatus() {
        HttpOutcomes outcomes = outcomes(HttpJudge.statuses(500, 504, Judgement.PUSHBACK));

        assertThat(outcomes.of(answer(500).header("Retry-After", "7").build()).pushbackNanos())
                .isEqualTo(7_000_000_000L);
        assertThat(outcomes.of(answer(503).build()).kind()).isEqualTo(Kind.PUSHBACK);
        assertThat(outcomes.of(answer(505).build()).kind()).isEqualTo(Kind.FAILED);
    }

    @Test
    void aPauseThatIsNoneToTheApplicationIsNone() {
        HttpOutcomes outcomes = outcomes(HttpJudge.status(503, Judgement.UNAVAILABLE));

        assertThat(outcomes.of(answer(503).header("Retry-After", "7").build()).pushbackNanos())
                .isZero();
    }

    private static HttpOutcomes outcomes(HttpJudge judge) {
        return new HttpOutcomes(new HttpJudges(Map.of(), List.of(judge)));
    }

    private static Response.Builder answer(int status) {
        return new Response.Builder()
                .request(new Request.Builder().url("http://orders.svc/").build())
                .protocol(Protocol.HTTP_1_1)
                .code(status)
                .message("");
    }

    /** What a judge may throw: in Kotlin also what it does not declare. */
    static Stream<Throwable> thrown() {
        return Stream.of(
                new IllegalStateException("a bug"), new IOException("undeclared"), new AssertionError("a bug"));
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void aJudgeThatThrowsChangesNothingAndIsLoggedOnce(Throwable thrown) throws IOException {
        fleet.wrapping(b -> b.judge(answer -> sneak(thrown)));
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        List<LogRecord> logged = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger(EvenkeelOkHttp.class.getName());
        Handler handler = recordingIn(logged);
        Level before = logger.getLevel();
        logger.addHandler(handler);
        logger.setLevel(Level.WARNING);
        try {
            for (int i = 0; i < 3; i++) {
                assertThat(fleet.ask()).isEqualTo("200 fine");
            }
        } finally {
            logger.setLevel(before);
            logger.removeHandler(handler);
        }

        assertThat(fleet.kinds()).startsWith(Kind.UNAVAILABLE, Kind.SUCCESS);
        fleet.awaitNothingInFlight();
        assertThat(logged).singleElement().satisfies(record -> {
            assertThat(record.getMessage()).startsWith("orders.svc: an answer could not be judged");
            assertThat(record.getThrown()).isSameAs(thrown);
        });
    }

    private static Handler recordingIn(List<LogRecord> records) {
        return new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> Judgement sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void anAnswerThatBreaksOffIsAFailureHoweverItsHeadersWereJudged() {
        fleet.wrapping(b -> b.judge(HttpJudge.status(200, Judgement.REJECTED)));
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(10_000))
                .onResponseBody(new SocketEffect.CloseSocket())
                .build());
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);

        assertThat(fleet.kinds()).containsExactly(Kind.REJECTED, Kind.BODY_BROKEN);
        fleet.awaitNothingInFlight();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 99, 1000})
    void aStatusThatThereIsNotIsRefused(int status) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HttpJudge.status(status, Judgement.FAILED))
                .withMessage("judged status is " + status + ", must be 100 to 999");
    }

    @Test
    void aRangeTheWrongWayRoundAndAnUnknownServiceAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HttpJudge.statuses(504, 500, Judgement.FAILED))
                .withMessage("judged statuses are 504 to 500, must be the lower one first");
        fleet.wrapping(b -> b.judge("order.svc", answer -> null));
        assertThatIllegalArgumentException().isThrownBy(fleet::balanced).withMessageContaining("order.svc");
    }
}
