package dev.evenkeel.lb.okhttp;

import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.SocketFactory;

/** A socket factory of the user's own, which counts, and only makes sockets that OkHttp connects itself. */
final class OwnSockets extends SocketFactory {
    private final Supplier<Socket> maker;
    private final AtomicInteger made = new AtomicInteger();

    OwnSockets() {
        this(Socket::new);
    }

    OwnSockets(Supplier<Socket> maker) {
        this.maker = maker;
    }

    int made() {
        return made.get();
    }

    @Override
    public Socket createSocket() {
        made.incrementAndGet();
        return maker.get();
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
