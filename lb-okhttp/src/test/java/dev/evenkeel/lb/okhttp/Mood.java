package dev.evenkeel.lb.okhttp;

import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;

/** How a server treats a request that names the mood in a header. Every second server is in it, so that another one may do better. */
enum Mood {
    WELL,
    LARGE,
    SLOW,
    EMPTY,
    CACHEABLE,
    UNAVAILABLE,
    LOGIN,
    MOVED,
    FOREIGN,
    STALL,
    HANG_UP,
    BREAK_OFF,
    GO_AWAY,
    REFUSE;

    static final String HEADER = "X-Mood";
    static final String NUMBER = "X-Number";

    /** Longer than the client's. */
    private static final int PATIENCE_MILLIS = 600;

    private static final int REFUSED_STREAM = 7; // RFC 9113, section 7
    private static final String KILOBYTES = "0123456789abcdef".repeat(1 << 12);

    /**
     * Returns the behaviour of a server.
     *
     * @param foreign where a redirect to another host leads
     */
    static Function<RecordedRequest, MockResponse> of(int server, String foreign) {
        return request -> {
            String name = request.getHeaders().get(HEADER);
            String number = request.getHeaders().get(NUMBER);
            boolean inIt = name != null && number != null && (Integer.parseInt(number) + server) % 2 == 0;
            return (inIt ? valueOf(name) : WELL).answer(request, foreign);
        };
    }

    private MockResponse answer(RecordedRequest request, String foreign) {
        boolean again = request.getUrl().encodedPath().equals("/again");
        MockResponse.Builder answer = new MockResponse.Builder();
        switch (this) {
            case WELL -> answer = request.getUrl().encodedPath().equals("/chat") ? answer : answer.body("well");
            case LARGE -> answer.body(KILOBYTES);
            case SLOW -> answer.body("0123456789").throttleBody(2, 5, TimeUnit.MILLISECONDS);
            case EMPTY -> answer.code(204);
            case CACHEABLE -> answer.addHeader("Cache-Control", "max-age=60").body("kept");
            case UNAVAILABLE -> answer.code(503).body("not now");
            case LOGIN ->
                answer.code(request.getHeaders().get("Authorization") == null ? 401 : 200)
                        .body("who is it?");
            case MOVED ->
                answer.code(again ? 200 : 307).addHeader("Location", "/again").body("moved");
            case FOREIGN -> answer.code(302).addHeader("Location", foreign).body("elsewhere");
            case STALL -> answer.headersDelay(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            case HANG_UP -> answer.onResponseStart(new SocketEffect.CloseSocket());
            case BREAK_OFF -> answer.body(KILOBYTES).onResponseBody(new SocketEffect.CloseSocket());
            case GO_AWAY -> answer.body("bye").onResponseEnd(SocketEffect.ShutdownConnection.INSTANCE);
            case REFUSE -> answer.onResponseStart(new SocketEffect.CloseStream(REFUSED_STREAM));
        }
        boolean upgrade = this == WELL
                && "websocket".equalsIgnoreCase(request.getHeaders().get("Upgrade"));
        return (upgrade ? answer.webSocketUpgrade(new Echo()) : answer).build();
    }

    private static final class Echo extends WebSocketListener {
        @Override
        public void onMessage(WebSocket socket, String text) {
            if (text.equals("drop")) {
                socket.cancel();
            } else {
                socket.send(text);
            }
        }

        @Override
        public void onClosing(WebSocket socket, int code, String reason) {
            socket.close(code, null);
        }
    }
}
