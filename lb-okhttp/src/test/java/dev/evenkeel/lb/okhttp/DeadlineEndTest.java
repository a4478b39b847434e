package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.okhttp.UnusualEndsTest.Way;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Call;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A deadline that passes always throws the same, and one that is not needed any more has no effect. */
class DeadlineEndTest {
    private static final Duration LIMIT = Duration.ofMillis(500);

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private Request within(String path) {
        return within(LIMIT, path);
    }

    private Request within(Duration limit, String path) {
        return fleet.request(path)
                .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(limit))
                .build();
    }

    /** Answers all but requests for {@code /silent}. */
    private static MockResponse unlessSilent(String path, MockResponse answer) {
        return path.equals("/silent")
                ? new MockResponse.Builder()
                        .onResponseStart(SocketEffect.Stall.INSTANCE)
                        .build()
                : answer;
    }

    /** Returns when whatever was to happen at the end of a limit that has begun must have happened. */
    private void awaitAnotherOneWithTheSameLimit(Duration limit) {
        Call silent = fleet.client().newCall(within(limit, "/silent"));
        assertThatThrownBy(silent::execute).isInstanceOf(SocketTimeoutException.class);
    }

    @ParameterizedTest
    @EnumSource
    void aDeadlineThatPassesBetweenTheAnswerAndItsReaderThrowsWhatItAlwaysThrows(Way way) throws IOException {
        way.choose(fleet);
        fleet.add(request -> unlessSilent(request.getUrl().encodedPath(), Server.ok("x".repeat(1_000_000))));
        fleet.client(c -> c.addInterceptor(chain -> {
            Response response = chain.proceed(chain.request());
            if (chain.request().url().encodedPath().equals("/slow")) {
                awaitAnotherOneWithTheSameLimit(LIMIT);
            }
            return response;
        }));
        assertThatThrownBy(() -> fleet.ask(within("/slow")))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("deadline of 500 ms for a call to orders.svc is over");
        fleet.awaitNothingInFlight();
    }

    @ParameterizedTest
    @EnumSource
    void aCallThatEndedInTimeIsNotCancelledLater(Way way) {
        way.choose(fleet);
        fleet.add(request -> unlessSilent(
                request.getUrl().encodedPath(),
                request.getUrl().encodedPath().equals("/empty") ? Server.headersAlone() : Server.ok("hello")));
        Call empty = untilOneEndsInTime(
                "/empty", response -> assertThat(response.code()).isEqualTo(200));
        Call full = untilOneEndsInTime("/", response -> {
            try (response) {
                assertThat(response.body().string()).isEqualTo("hello");
            }
        });
        awaitAnotherOneWithTheSameLimit(LIMIT);

        assertThat(empty.isCanceled()).isFalse();
        assertThat(full.isCanceled()).isFalse();
        fleet.awaitNothingInFlight();
    }

    /** Makes calls, which a busy machine may cut off, until one ends as it should. */
    private Call untilOneEndsInTime(String path, ThrowingConsumer<Response> reader) {
        AtomicReference<Call> inTime = new AtomicReference<>();
        Until.until("a call to " + path + " ends in time", () -> {
            Call call = fleet.client().newCall(within(path));
            try {
                reader.acceptThrows(call.execute());
                inTime.set(call);
                return true;
            } catch (DeadlineExceededException e) {
                return false;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
        return inTime.get();
    }

    @ParameterizedTest
    @EnumSource
    void theDeadlineOfARequestThatIsSentAgainDoesNotCutTheSecondOff(Way way) throws Exception {
        way.choose(fleet);
        AtomicInteger asked = new AtomicInteger();
        fleet.client(c -> c.addInterceptor(chain -> {
            Response first = chain.proceed(chain.request());
            if (first.code() != 401) {
                return first;
            }
            first.close();
            return chain.proceed(chain.request()
                    .newBuilder()
                    .header("Authorization", "new")
                    .tag(CallSettings.class, null)
                    .build());
        }));
        fleet.add(request -> {
            String path = request.getUrl().encodedPath();
            if (path.equals("/chat") && asked.getAndIncrement() == 0) {
                return Server.status(401);
            }
            return unlessSilent(
                    path,
                    new MockResponse.Builder()
                            .webSocketUpgrade(new WebSocketListener() {
                                @Override
                                public void onMessage(WebSocket socket, String text) {
                                    socket.send("echo " + text);
                                }
                            })
                            .build());
        });
        CompletableFuture<String> echo = new CompletableFuture<>();
        WebSocket socket = fleet.client().newWebSocket(within(Fleet.SOON, "/chat"), new WebSocketListener() {
            @Override
            public void onOpen(WebSocket open, Response response) {
                open.send("opened");
            }

            @Override
            public void onMessage(WebSocket open, String text) {
                if (text.equals("echo still there?")) {
                    echo.complete(text);
                }
            }

            @Override
            public void onFailure(WebSocket open, Throwable failure, Response response) {
                echo.completeExceptionally(failure);
            }
        });
        Until.until("the first has been answered", () -> asked.get() > 0);
        awaitAnotherOneWithTheSameLimit(Fleet.SOON);
        assertThat(socket.send("still there?")).isTrue();
        assertThat(echo.get(20, TimeUnit.SECONDS)).isEqualTo("echo still there?");
        socket.cancel();
        fleet.awaitNothingInFlight();
    }
}
