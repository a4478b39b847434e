package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;

/** A plain socket that connects to where a {@link PinnedAddress} really points. */
final class EndpointSocket extends Socket {
    @Override
    public void connect(SocketAddress address) throws IOException {
        super.connect(PinnedAddress.prepare(this, address));
    }

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        super.connect(PinnedAddress.prepare(this, address), timeoutMillis);
    }
}
