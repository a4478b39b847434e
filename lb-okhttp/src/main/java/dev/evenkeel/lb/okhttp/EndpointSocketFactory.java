package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Makes the sockets of the client it is given, so that they also understand {@link PinnedAddresses}, and send at once to one. Every other address is treated as
 * before, and sockets of the user's own factory stay what they are, within a wrapper.
 */
final class EndpointSocketFactory extends SocketFactory {
    private final SocketFactory original;
    private final boolean plain;
    private final PinnedAddresses addresses;

    private EndpointSocketFactory(SocketFactory original, PinnedAddresses addresses) {
        this.original = original;
        this.addresses = addresses;
        this.plain = isPlain(original);
    }

    /** Returns whether a factory makes sockets that have nothing of their own. */
    static boolean isPlain(SocketFactory factory) {
        return factory.getClass() == SocketFactory.getDefault().getClass();
    }

    /** Returns a factory that understands pinned addresses: the given one if it does so already. */
    static SocketFactory around(SocketFactory factory, PinnedAddresses addresses) {
        return factory instanceof EndpointSocketFactory ? factory : new EndpointSocketFactory(factory, addresses);
    }

    @Override
    public Socket createSocket() throws IOException {
        return plain ? new EndpointSocket(addresses) : new DelegatingSocket(original.createSocket(), addresses);
    }

    // The rest connects at once, to addresses that are never ours: OkHttp connects separately.

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return original.createSocket(host, port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return original.createSocket(host, port, localHost, localPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return original.createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return original.createSocket(host, port, localHost, localPort);
    }
}
