package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.util.concurrent.CountDownLatch;

/** A socket that connects for ever, until it is closed: a black hole. */
@SuppressWarnings("UnsynchronizedOverridesSynchronized")
final class HangingSocket extends Socket {
    private final CountDownLatch connecting;
    private final CountDownLatch closed = new CountDownLatch(1);

    HangingSocket(CountDownLatch connecting) {
        this.connecting = connecting;
    }

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        connecting.countDown();
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new SocketException("Socket closed");
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        super.close();
    }
}
