package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome.Kind;
import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.OutReason;
import java.io.IOException;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server ends WebSockets, in good order or not. Either may be how the application works, so the endpoint is not blamed. */
class WebSocketEndTest {
    /** Would be enough failures for an endpoint to be ejected. */
    private static final int TIMES = 12;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    private void serve(Consumer<WebSocket> end) {
        fleet.add(request -> new MockResponse.Builder()
                .webSocketUpgrade(new WebSocketListener() {
                    @Override
                    public void onMessage(WebSocket socket, String text) {
                        end.accept(socket);
                    }
                })
                .build());
        fleet.add("never");
    }

    /** Opens one, and returns how it ended: the code, or what failed. */
    private String openAndAwaitTheEnd() {
        CompletableFuture<String> end = new CompletableFuture<>();
        WebSocket socket = fleet.client().newWebSocket(fleet.request("/chat").build(), new WebSocketListener() {
            @Override
            public void onClosing(WebSocket open, int code, String reason) {
                open.close(code, null);
            }

            @Override
            public void onClosed(WebSocket open, int code, String reason) {
                end.complete("closed with " + code);
            }

            @Override
            public void onFailure(WebSocket open, Throwable failure, Response response) {
                end.complete("failed");
            }
        });
        socket.send("end it");
        String how = end.join();
        fleet.awaitNothingInFlight();
        return how;
    }

    private Availability availabilityOfTheFirst() {
        return fleet.loadBalancer().endpoints().get(0).availability();
    }

    private void assertThatItIsNotBlamed() {
        assertThat(fleet.kinds()).isEqualTo(Collections.nCopies(TIMES, Kind.SUCCESS));
        assertThat(fleet.loadBalancer().endpoints().get(0).failures()).isZero();
        assertThat(availabilityOfTheFirst().isAvailable()).isTrue();
    }

    @Test
    void webSocketThatTheServerClosesIsASuccess() {
        serve(socket -> socket.close(1001, "going away"));
        for (int i = 0; i < TIMES; i++) {
            assertThat(openAndAwaitTheEnd()).isEqualTo("closed with 1001");
        }
        assertThatItIsNotBlamed();
    }

    @Test
    void webSocketThatTheServerDropsIsNotHeldAgainstIt() {
        serve(WebSocket::cancel);
        for (int i = 0; i < TIMES; i++) {
            assertThat(openAndAwaitTheEnd()).isEqualTo("failed");
        }
        assertThatItIsNotBlamed();
    }

    /** The same with ordinary answers, to show what would come of it. */
    @Test
    void ordinaryAnswersThatBreakOffAreHeldAgainstIt() {
        fleet.add(request -> new MockResponse.Builder()
                .body("0123456789".repeat(10_000))
                .onResponseBody(new SocketEffect.CloseSocket())
                .build());
        fleet.add("fine");
        int times = 0;
        while (!availabilityOfTheFirst().has(OutReason.EJECTED)) {
            try {
                assertThat(fleet.ask())
                        .as("of the other, in the moment in which it is ejected")
                        .isEqualTo("200 fine");
            } catch (IOException e) {
                times++;
            }
        }
        assertThat(times).isLessThanOrEqualTo(TIMES);
        fleet.awaitNothingInFlight();
    }
}
