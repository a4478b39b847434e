package dev.evenkeel.lb.okhttp;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Watches the first byte that a connection to an endpoint carries each way, which tells whether one end speaks TLS and the other does not:
 * the mistake of a URL, or of a server. Reading fails then, saying so. A server without TLS may take the beginning of a handshake for half a
 * line and wait for the rest, or hang up: it is asked beside, without TLS, whether it is there, as long as none of its service has shown that
 * it speaks TLS.
 *
 * <p>Used by one reading and one writing thread at a time.
 */
final class FirstBytes {
    // Types of TLS records: RFC 8446 §5.1. Neither begins anything in HTTP.
    private static final int ALERT = 0x15;
    private static final int HANDSHAKE = 0x16;

    /** Guessed: handshakes, also the first ones of a cold server, are quicker as a rule; and a person who made a mistake waits that long. */
    private static final int PATIENCE_MILLIS = 1_000;

    /** Guessed: any server that is there answers within that, unless it is overloaded; then the handshake goes on as without us. */
    private static final int ASKING_MILLIS = 3_000;

    private static final int NOTHING = -1;

    private final Socket socket;
    private final PinnedEndpoint endpoint;
    private final @Nullable InetSocketAddress address; // where to ask; null if that is not for us to connect to
    private volatile int said = NOTHING; // by us; written by the thread that writes
    private volatile boolean heard; // written by the thread that reads

    FirstBytes(Socket socket, PinnedEndpoint endpoint, @Nullable InetSocketAddress address) {
        this.socket = socket;
        this.endpoint = endpoint;
        this.address = address;
    }

    InputStream watch(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return heard ? in.read() : read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return heard || length == 0 ? in.read(bytes, offset, length) : first(in, bytes, offset, length);
            }
        };
    }

    OutputStream watch(OutputStream out) {
        return new FilterOutputStream(out) {
            @Override
            public void write(int b) throws IOException {
                say(b);
                out.write(b);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (length > 0) {
                    say(bytes[offset]);
                }
                out.write(bytes, offset, length);
            }
        };
    }

    private void say(int b) {
        if (said == NOTHING) {
            said = b & 0xff;
        }
    }

    private int first(InputStream in, byte[] bytes, int offset, int length) throws IOException {
        boolean tls = said == HANDSHAKE;
        boolean doubtful = tls && address != null && !endpoint.spoken().isProven(true);
        int read;
        try {
            read = doubtful ? readOrAsk(in, bytes, offset, length) : in.read(bytes, offset, length);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            if (doubtful && answersWithoutTls()) {
                throw wrong(true);
            }
            throw e;
        }
        if (read < 0) {
            if (doubtful && answersWithoutTls()) {
                throw wrong(true);
            }
            return read;
        }
        int b = bytes[offset] & 0xff;
        boolean isTls = b == ALERT || b == HANDSHAKE;
        if (said != NOTHING && isTls != tls) {
            throw wrong(tls);
        }
        heard = true;
        if (b != ALERT) {
            endpoint.spoken().prove(tls);
        }
        return read;
    }

    /** Waits as long as the socket would; what asking takes comes on top of it. */
    private int readOrAsk(InputStream in, byte[] bytes, int offset, int length) throws IOException {
        int timeout = socket.getSoTimeout();
        if (timeout != 0 && timeout <= PATIENCE_MILLIS) {
            return in.read(bytes, offset, length);
        }
        try {
            socket.setSoTimeout(PATIENCE_MILLIS);
            return in.read(bytes, offset, length);
        } catch (SocketTimeoutException e) {
            if (answersWithoutTls()) {
                throw wrong(true);
            }
            socket.setSoTimeout(timeout == 0 ? 0 : timeout - PATIENCE_MILLIS);
            return in.read(bytes, offset, length);
        } finally {
            socket.setSoTimeout(timeout);
        }
    }

    /** Returns whether a server answers that does not speak TLS. The request is the one that asks for nothing: RFC 9110 §9.3.7. */
    private boolean answersWithoutTls() {
        try (Socket beside = new Socket()) {
            beside.connect(address, ASKING_MILLIS);
            beside.setSoTimeout(ASKING_MILLIS);
            String request = "OPTIONS * HTTP/1.1\r\nHost: " + endpoint.service() + "\r\nConnection: close\r\n\r\n";
            beside.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            int first = beside.getInputStream().read();
            return first >= 0 && first != ALERT && first != HANDSHAKE;
        } catch (IOException e) {
            return false;
        }
    }

    private WrongProtocolException wrong(boolean tls) {
        return new WrongProtocolException(
                tls
                        ? endpoint + " speaks HTTP without TLS, and the URL begins with https"
                        : endpoint + " speaks TLS, and the URL begins with http",
                tls);
    }
}
