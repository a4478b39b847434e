package dev.evenkeel.lb.okhttp;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A server that accepts nothing, and whose queue of connections to accept is full: whoever connects waits until it gives up. */
final class FullServer implements AutoCloseable {
    private static final int MORE_THAN_ENOUGH = 50;

    private final ServerSocket socket;
    private final List<Socket> queued = new ArrayList<>();

    private FullServer() throws IOException {
        socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    /** Opens one; where the operating system does it in another way, the test is not run. */
    static FullServer open() throws IOException {
        FullServer server = new FullServer();
        boolean full = false;
        for (int i = 0; i < MORE_THAN_ENOUGH && !full; i++) {
            full = !server.connects();
        }
        assumeTrue(full, "the queue of connections can be filled");
        return server;
    }

    private boolean connects() throws IOException {
        Socket waiting = new Socket();
        queued.add(waiting);
        try {
            waiting.connect(socket.getLocalSocketAddress(), 200);
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", socket.getLocalPort());
    }

    @Override
    public void close() throws IOException {
        for (Socket one : queued) {
            one.close();
        }
        socket.close();
    }
}
