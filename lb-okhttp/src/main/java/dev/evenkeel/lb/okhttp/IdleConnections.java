package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.time.Ticker;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import okhttp3.Connection;

/**
 * Since when the connections to one endpoint are idle, and whether a server has closed one meanwhile. OkHttp looks only after ten seconds, and
 * otherwise finds out when it has sent a request, which then may have been processed for all that it knows. Safe for use by many threads.
 */
final class IdleConnections {
    /**
     * A look at a connection that is open takes a millisecond. Guessed: a hundredth of the time that it was idle. Apache's HttpClient does the same
     * after 2 s ({@code validateAfterInactivity}).
     */
    private static final long WORTH_A_LOOK_NANOS = 100_000_000L;

    private static final int LOOK_MILLIS = 1;

    private final ConcurrentMap<Connection, Since> since = new ConcurrentHashMap<>();
    private final Ticker ticker;

    IdleConnections(Ticker ticker) {
        this.ticker = ticker;
    }

    private static final class Since {
        private volatile long nanos;
    }

    /** Records that a call has let go of a connection. */
    void released(Connection connection) {
        Since known = since.get(connection);
        if (known == null) {
            since.keySet().removeIf(one -> one.socket().isClosed()); // those that the pool has closed
            known = since.computeIfAbsent(connection, key -> new Since());
        }
        known.nanos = ticker.nanos();
    }

    /**
     * Returns whether an idle connection, which a call has taken, was closed by the server, as far as that can be seen. It was also if there is
     * something to read, which nobody has asked for: a 408 before it is closed.
     */
    boolean wasClosed(Connection connection) {
        Since known = since.get(connection);
        boolean worthALook = known != null && ticker.nanos() - known.nanos >= WORTH_A_LOOK_NANOS;
        return worthALook && isReadable(connection.socket());
    }

    private static boolean isReadable(Socket socket) {
        try {
            int timeout = socket.getSoTimeout();
            try {
                socket.setSoTimeout(LOOK_MILLIS);
                int unused = socket.getInputStream().read();
                return true;
            } catch (SocketTimeoutException e) {
                return false;
            } catch (IOException e) {
                return true;
            } finally {
                socket.setSoTimeout(timeout);
            }
        } catch (IOException e) { // a socket of the user's own may know no time-outs
            return socket.isClosed();
        }
    }

    /** Forgets all. */
    void clear() {
        since.clear();
    }
}
