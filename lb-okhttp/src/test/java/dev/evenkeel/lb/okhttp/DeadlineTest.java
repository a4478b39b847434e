package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A call has one time for everything: its attempts, the pauses between them, and its body. */
class DeadlineTest {
    private static final Backoff LONG = new Backoff(Duration.ofHours(1), Duration.ofHours(1));

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    /** The time of one attempt, so that the second is cut off by the deadline. */
    private static final Duration LESS = Duration.ofSeconds(2);

    private Request within(Duration limit) {
        return fleet.request("/")
                .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(limit))
                .build();
    }

    private static MockResponse stall() {
        return new MockResponse.Builder()
                .onResponseStart(SocketEffect.Stall.INSTANCE)
                .build();
    }

    @Test
    void deadlineBeforeTheAnswerIsSaidInWords() {
        fleet.add(request -> stall());
        assertThatThrownBy(() -> fleet.ask(within(Fleet.SOON)))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("deadline of 3000 ms for a call to orders.svc is over");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.TIMED_OUT);
        assertThat(fleet.served()).isOne();
    }

    @Test
    void deadlineCoversAllAttempts() {
        fleet.client(c -> c.readTimeout(LESS));
        for (int i = 0; i < 3; i++) {
            fleet.add(request -> stall());
        }
        assertThatThrownBy(() -> fleet.ask(within(Fleet.SOON))).hasMessageContaining("deadline of 3000 ms");
        fleet.awaitNothingInFlight();
        assertThat(fleet.served()).isLessThanOrEqualTo(2);
    }

    @Test
    void deadlineCoversTheBody() throws IOException {
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(1_000))
                .throttleBody(10, 50, TimeUnit.MILLISECONDS)
                .build());
        try (Response response = fleet.client().newCall(within(Fleet.SOON)).execute()) {
            assertThatThrownBy(() -> response.body().string())
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessageContaining("deadline of 3000 ms");
        }
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsExactly(Kind.SUCCESS, Kind.TIMED_OUT);
    }

    @Test
    void slowBodyIsNotCutAsLongAsItGoesOn() throws IOException {
        fleet.client(c -> c.readTimeout(Fleet.SOON));
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789")
                .throttleBody(2, 1, TimeUnit.SECONDS)
                .build());
        assertThat(fleet.ask()).isEqualTo("200 0123456789");
    }

    @Test
    void callThatIsInTimeIsLeftAlone() throws IOException {
        fleet.add("hello");
        for (int i = 0; i < 3; i++) {
            assertThat(fleet.ask(within(Duration.ofMinutes(1)))).isEqualTo("200 hello");
        }
        assertThat(fleet.kinds()).containsOnly(Kind.SUCCESS);
    }

    @Test
    void noRetryIsBegunThatCannotFinish() throws IOException {
        fleet.balancing(lb -> lb.retry(new RetryPolicy(3, LONG)));
        fleet.add(request -> Server.status(503));
        assertThat(fleet.ask(within(Duration.ofMinutes(1)))).isEqualTo("503 status 503");
        assertThat(fleet.served()).isOne();
    }

    @Test
    void clientsOwnTimeoutCountsLikewise() throws IOException {
        fleet.client(c -> c.callTimeout(Duration.ofMinutes(1))).balancing(lb -> lb.retry(new RetryPolicy(3, LONG)));
        fleet.add(request -> Server.status(503));
        assertThat(fleet.ask()).isEqualTo("503 status 503");
    }

    @Test
    void clientsOwnTimeoutCoversAllAttempts() {
        fleet.client(c -> c.readTimeout(LESS).callTimeout(Fleet.SOON));
        for (int i = 0; i < 3; i++) {
            fleet.add(request -> stall());
        }
        assertThatThrownBy(fleet::ask)
                .isInstanceOf(InterruptedIOException.class)
                .hasMessage("timeout");
        fleet.awaitNothingInFlight();
        assertThat(fleet.kinds()).containsOnly(Kind.TIMED_OUT);
    }

    @Test
    void interruptWhileWaitingStopsAndKeepsTheFlag() throws Exception {
        fleet.balancing(lb -> lb.retry(new RetryPolicy(3, LONG)));
        Server server = fleet.add(request -> Server.status(503));
        CompletableFuture<String> result = new CompletableFuture<>();
        Call call = fleet.client().newCall(fleet.request("/").build());
        Thread thread = new Thread(() -> {
            try (Response response = call.execute()) {
                result.complete("answered " + response.code());
            } catch (IOException e) {
                result.complete(e.getClass().getSimpleName() + " "
                        + Thread.currentThread().isInterrupted());
            }
        });
        thread.start();
        Until.until("the answer was discarded", () -> server.requests().size() == 1 && fleet.inFlight() == 0);
        thread.interrupt();
        assertThat(result.get()).isEqualTo("InterruptedIOException true");
    }

    @Test
    void interruptedThreadDoesNotTryAgain() throws Exception {
        fleet.client(c -> c.addNetworkInterceptor(chain -> {
            Thread.currentThread().interrupt();
            return chain.proceed(chain.request());
        }));
        fleet.add(request -> Server.status(503));
        fleet.add("fine");
        assertThatThrownBy(fleet::ask).isInstanceOf(IOException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(fleet.served()).isLessThanOrEqualTo(1);
        fleet.awaitNothingInFlight();
    }
}
