package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 server that goes away in the middle: on its first connection it answers one request, waits for more, and then says
 * GOAWAY with one of these as the last that it will process. MockWebServer cannot, because it names the last that arrived.
 * On later connections it answers everything; or it does so on every connection after a number of requests, as nginx does
 * ({@code keepalive_requests}). Without TLS, and by RFC 9113 §4 and §6.8.
 */
final class GoAwayServer implements AutoCloseable {
    private static final int PREFACE = 24;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int END_STREAM = 1; // of DATA and HEADERS
    private static final int ACK = 1; // of SETTINGS and PING
    private static final int END_HEADERS = 4;
    private static final byte STATUS_200 = (byte) 0x88; // RFC 7541, appendix A, index 8

    private final ServerSocket socket;
    private final Farewell farewell;
    private final Consumer<String> execute;
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();

    /**
     * When it goes away.
     *
     * @param waitedFor how many requests it waits for, after the first one; 0 not to wait
     * @param processed how many of them it processes
     * @param always whether on each connection
     */
    record Farewell(int waitedFor, int processed, boolean always) {}

    /**
     * Starts, and processes two of the four requests after the first.
     *
     * @param execute is given the body of each request that is processed
     */
    GoAwayServer(Consumer<String> execute) throws IOException {
        this(execute, new Farewell(4, 2, false));
    }

    GoAwayServer(Consumer<String> execute, Farewell farewell) throws IOException {
        this.execute = execute;
        this.farewell = farewell;
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("accept", this::acceptAll);
    }

    private static void start(String name, Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException e) {
                        // It was closed, from here or from there.
                    }
                },
                "GoAwayServer " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private interface Task {
        void run() throws IOException;
    }

    private void acceptAll() throws IOException {
        while (true) {
            Socket next = socket.accept();
            next.setTcpNoDelay(true);
            accepted.add(next);
            Conversation conversation = new Conversation(next, farewell.always || accepted.size() == 1);
            start("connection " + accepted.size(), conversation::hold);
        }
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", socket.getLocalPort());
    }

    /** Returns how many connections it was asked for. */
    int connections() {
        return accepted.size();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket one : accepted) {
            one.close();
        }
    }

    /** One connection, held by one thread. */
    private final class Conversation {
        private final DataInputStream in;
        private final DataOutputStream out;
        private final boolean leaving;
        private final Map<Integer, ByteArrayOutputStream> bodies = new TreeMap<>();
        private final Map<Integer, String> complete = new TreeMap<>(); // by stream
        private int answered;
        private int highest; // stream that was answered

        Conversation(Socket socket, boolean leaving) throws IOException {
            this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            this.out = new DataOutputStream(socket.getOutputStream());
            this.leaving = leaving;
        }

        void hold() throws IOException {
            in.skipNBytes(PREFACE);
            write(SETTINGS, 0, 0, new byte[0]);
            while (true) {
                int head = in.readInt();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                read(head & 0xFF, flags, stream, in.readNBytes(head >>> 8));
            }
        }

        private void read(int type, int flags, int stream, byte[] payload) throws IOException {
            if ((type == SETTINGS || type == PING) && (flags & ACK) == 0) {
                write(type, ACK, 0, type == PING ? payload : new byte[0]);
            } else if (type == HEADERS || type == DATA) {
                ByteArrayOutputStream body = bodies.computeIfAbsent(stream, key -> new ByteArrayOutputStream());
                if (type == DATA) {
                    body.write(payload);
                }
                if ((flags & END_STREAM) != 0) {
                    complete.put(stream, body.toString(StandardCharsets.UTF_8));
                    answerOrLeave();
                }
            }
        }

        private void answerOrLeave() throws IOException {
            if (leaving && farewell.waitedFor == 0) {
                int stream = complete.keySet().iterator().next();
                String body = complete.remove(stream);
                if (answered < farewell.processed) {
                    highest = Math.max(highest, stream);
                    if (answered == farewell.processed - 1) {
                        write(GOAWAY, 0, 0, new byte[] {0, 0, 0, (byte) highest, 0, 0, 0, 0});
                    }
                    answer(stream, body);
                } else if (stream < highest) { // one that was begun before, and whose end came later
                    answer(stream, body);
                }
            } else if (!leaving || answered == 0) {
                for (Map.Entry<Integer, String> request : complete.entrySet()) {
                    answer(request.getKey(), request.getValue());
                }
                complete.clear();
            } else if (complete.size() == farewell.waitedFor) {
                List<Integer> streams = new ArrayList<>(complete.keySet()).subList(0, farewell.processed);
                int last = streams.get(farewell.processed - 1);
                write(GOAWAY, 0, 0, new byte[] {0, 0, 0, (byte) last, 0, 0, 0, 0});
                for (int stream : streams) {
                    answer(stream, complete.get(stream));
                }
            }
        }

        private void answer(int stream, @Nullable String body) throws IOException {
            answered++;
            execute.accept(String.valueOf(body));
            write(HEADERS, END_HEADERS, stream, new byte[] {STATUS_200});
            write(DATA, END_STREAM, stream, "leaving".getBytes(StandardCharsets.UTF_8));
        }

        private void write(int type, int flags, int stream, byte[] payload) throws IOException {
            out.writeInt(payload.length << 8 | type);
            out.writeByte(flags);
            out.writeInt(stream);
            out.write(payload);
            out.flush();
        }
    }
}
