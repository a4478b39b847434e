package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;

/** A plain socket that connects to where one of the {@link PinnedAddresses} leads. */
final class EndpointSocket extends Socket {
    private final PinnedAddresses addresses;

    EndpointSocket(PinnedAddresses addresses) {
        this.addresses = addresses;
    }

    @Override
    public void connect(SocketAddress address) throws IOException {
        super.connect(PinnedAddresses.prepare(this, address, addresses.find(address)));
    }

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        super.connect(PinnedAddresses.prepare(this, address, addresses.find(address)), timeoutMillis);
    }
}
