package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * Asks one server for a status over HTTP/1.1, on a connection of its own. The JDK's clients will not do for that: they refuse hosts with an
 * underscore, do not let the Host header be chosen, and check the name in the URL. When the time is up the connection is closed, whatever it
 * was doing. Used by one thread.
 */
final class StatusRequest implements AutoCloseable {
    /** Headers beyond this are no answer to a health check. */
    private static final int MOST_BYTES = 1 << 16;

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.\\d ([1-5]\\d\\d)( .*)?");

    private final Duration timeout;
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Socket plain = new Socket();
    private Socket socket = plain;

    /** Begins the time. */
    StatusRequest(Duration timeout) {
        this.timeout = timeout;
        var unused = end.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).exceptionally(timedOut -> {
            close(plain);
            return null;
        });
    }

    void connect(Endpoint endpoint) throws IOException {
        InetSocketAddress address = new InetSocketAddress(endpoint.host(), endpoint.port());
        if (address.isUnresolved()) {
            throw new UnknownHostException(endpoint.host());
        }
        inTime(() -> {
            plain.connect(address);
            plain.setTcpNoDelay(true);
            return address;
        });
    }

    /** Begins TLS, in which the server must prove the name. */
    void secure(SSLContext context, String name) throws IOException {
        socket = inTime(() -> TlsName.of(name).secure(context, plain));
    }

    /** Returns the status of the answer. */
    int get(String path, String host) throws IOException {
        String request = "GET " + path + " HTTP/1.1\r\nHost: " + host
                + "\r\nUser-Agent: evenkeel-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        return inTime(() -> {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            return status(new BufferedInputStream(socket.getInputStream()));
        });
    }

    private static int status(InputStream in) throws IOException {
        Lines lines = new Lines(in);
        while (true) {
            String line = lines.next();
            Matcher matcher = STATUS.matcher(line);
            if (!matcher.matches()) {
                throw new ProtocolException(
                        line.isEmpty() && lines.isAtEnd()
                                ? "the connection was closed without an answer"
                                : "no answer of HTTP/1.1: " + OneLine.quote(line));
            }
            int status = Integer.parseInt(matcher.group(1));
            if (status >= 200 || status == 101) {
                return status;
            }
            while (!lines.next().isEmpty()) {} // an interim answer (RFC 9110 §15.2); the final one follows
        }
    }

    private <T> T inTime(Step<T> step) throws IOException {
        try {
            return step.take();
        } catch (IOException e) {
            if (end.isCompletedExceptionally()) {
                throw new SocketTimeoutException(
                        String.format(Locale.ROOT, "no answer in %.1f s", timeout.toMillis() / 1e3));
            }
            throw e;
        }
    }

    @Override
    public void close() {
        end.complete(null);
        close(socket);
        close(plain);
    }

    private static void close(Socket one) {
        try {
            one.close();
        } catch (IOException e) {
            // Then it is broken, and of no more use than a closed one.
        }
    }

    /** Something that may block. */
    @FunctionalInterface
    private interface Step<T> {
        T take() throws IOException;
    }

    /** Reads the lines of a header. */
    private static final class Lines {
        private final InputStream in;
        private int bytes;
        private boolean atEnd;

        Lines(InputStream in) {
            this.in = in;
        }

        boolean isAtEnd() {
            return atEnd;
        }

        /** Returns the next line without its end; empty at the end of the stream. */
        String next() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    atEnd = true;
                    break;
                }
                if (++bytes > MOST_BYTES) {
                    throw new ProtocolException("the header has more than " + MOST_BYTES + " bytes");
                }
                line.append((char) next);
            }
            int length = line.length();
            return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
        }
    }
}
