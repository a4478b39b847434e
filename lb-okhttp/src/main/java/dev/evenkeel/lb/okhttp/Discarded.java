package dev.evenkeel.lb.okhttp;

import java.io.Closeable;
import java.io.IOException;
import okhttp3.Response;
import okio.Socket;

/** Closes responses that reach no caller. */
final class Discarded {
    private Discarded() {}

    /** Closes all that a response holds. OkHttp's own method leaves an upgraded connection open, and the call with it. */
    static void close(Response response) {
        Socket socket = response.socket();
        if (socket == null) {
            response.close();
            return;
        }
        socket.cancel();
        close(socket.getSource());
        close(socket.getSink());
    }

    private static void close(Closeable end) {
        try {
            end.close();
        } catch (IOException e) {
            // It is closed, which is all that was wanted.
        }
    }
}
