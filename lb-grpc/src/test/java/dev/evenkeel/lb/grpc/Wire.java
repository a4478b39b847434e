package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A wire between a client and a port, which can be cut, or swallow what is sent over it. */
final class Wire implements AutoCloseable {
    final AtomicInteger connections = new AtomicInteger();

    private final ServerSocket entrance;
    private final int exit;
    private final Queue<Socket> ends = new ConcurrentLinkedQueue<>();
    private volatile int swallowed; // connections up to this one lead nowhere
    private volatile boolean held;

    Wire(int exit) {
        this.exit = exit;
        try {
            this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    Endpoint endpoint() {
        return Endpoint.of("127.0.0.1", entrance.getLocalPort());
    }

    /** Cuts all connections; new ones may be made. */
    void cut() {
        for (Socket end = ends.poll(); end != null; end = ends.poll()) {
            close(end);
        }
    }

    /** From now on nothing comes out of the connections there are, and nobody is told; new ones work. */
    void swallow() {
        swallowed = connections.get();
    }

    /** Keeps whatever is sent over it, as if who is there stood still, until it is let go. */
    void hold() {
        held = true;
    }

    void letGo() {
        held = false;
    }

    /** From now on nothing comes out of the connections there are, and no others can be made. */
    void vanish() {
        swallow();
        try {
            entrance.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket client = entrance.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), exit);
                int number = connections.incrementAndGet();
                ends.add(client);
                ends.add(server);
                start(() -> copy(client, server, number));
                start(() -> copy(server, client, number));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private void copy(Socket from, Socket to, int number) {
        byte[] some = new byte[8192];
        try (InputStream in = from.getInputStream()) {
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                while (held) {
                    LockSupport.parkNanos(1_000_000);
                }
                if (number > swallowed) {
                    to.getOutputStream().write(some, 0, n);
                }
            }
        } catch (IOException e) {
            // It was cut.
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "wire");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            entrance.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
