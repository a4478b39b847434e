package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A plain socket that connects to where one of the {@link PinnedAddresses} leads, and watches the {@link FirstBytes} there. */
final class EndpointSocket extends Socket {
    private final PinnedAddresses addresses;
    private volatile @Nullable FirstBytes first; // to an endpoint; written when it connects

    EndpointSocket(PinnedAddresses addresses) {
        this.addresses = addresses;
    }

    @Override
    public void connect(SocketAddress address) throws IOException {
        super.connect(real(address));
    }

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        super.connect(real(address), timeoutMillis);
    }

    private SocketAddress real(SocketAddress address) throws IOException {
        PinnedEndpoint endpoint = addresses.find(address);
        SocketAddress real = PinnedAddresses.prepare(this, address, endpoint);
        if (endpoint != null && real instanceof InetSocketAddress inet) {
            first = new FirstBytes(this, endpoint, inet);
        }
        return real;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        InputStream in = super.getInputStream();
        FirstBytes watched = first;
        return watched == null ? in : watched.watch(in);
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        OutputStream out = super.getOutputStream();
        FirstBytes watched = first;
        return watched == null ? out : watched.watch(out);
    }
}
