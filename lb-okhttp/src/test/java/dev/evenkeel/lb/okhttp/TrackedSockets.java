package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;

/** Knows which of its sockets are open. As long as it is told to, some do not connect for a while, and then not at all. */
final class TrackedSockets extends SocketFactory {
    private static final int ONE_IN = 40;
    private static final long SILENT_MILLIS = 100;

    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Random random;
    private volatile boolean moody = true;

    TrackedSockets(Random random) {
        this.random = random;
    }

    void behave() {
        moody = false;
    }

    int open() {
        return open.size();
    }

    @Override
    public Socket createSocket() {
        Socket socket = new Tracked(moody && random.nextInt(ONE_IN) == 0);
        open.add(socket);
        return socket;
    }

    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    private final class Tracked extends Socket {
        private final boolean silent;
        private final CountDownLatch closed = new CountDownLatch(1);

        Tracked(boolean silent) {
            this.silent = silent;
        }

        @Override
        public void connect(SocketAddress address, int timeoutMillis) throws IOException {
            if (silent) {
                try {
                    boolean unused = closed.await(SILENT_MILLIS, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new SocketTimeoutException("nobody there");
            }
            super.connect(address, timeoutMillis);
        }

        @Override
        public void close() throws IOException {
            closed.countDown();
            open.remove(this);
            super.close();
        }
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException();
    }
}
