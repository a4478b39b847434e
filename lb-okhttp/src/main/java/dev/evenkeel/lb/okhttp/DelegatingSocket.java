package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A socket of the user's own factory, which connects to where one of the {@link PinnedAddresses} leads. It is made to send small
 * writes to endpoints at once. Everything else is passed on unchanged, so that a user's socket, which may count bytes or speak through a tunnel, goes on doing that.
 */
@SuppressWarnings(
        "UnsynchronizedOverridesSynchronized") // the user's socket has its own locks; ours would be held over its I/O
final class DelegatingSocket extends Socket {
    private final Socket original;
    private final PinnedAddresses addresses;
    private volatile @Nullable FirstBytes first; // to an endpoint; written when it connects

    DelegatingSocket(Socket original, PinnedAddresses addresses) throws SocketException {
        super((SocketImpl) null); // no descriptor of its own
        this.original = original;
        this.addresses = addresses;
    }

    @Override
    public void connect(SocketAddress address) throws IOException {
        original.connect(real(address));
    }

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        original.connect(real(address), timeoutMillis);
    }

    private SocketAddress real(SocketAddress address) throws IOException {
        PinnedEndpoint endpoint = addresses.find(address);
        if (endpoint != null) {
            first = new FirstBytes(
                    original, endpoint, null); // it may speak through a tunnel, beside which we do not ask
        }
        return PinnedAddresses.prepare(original, address, endpoint);
    }

    @Override
    public <T> Socket setOption(SocketOption<T> name, T value) throws IOException {
        original.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return original.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return original.supportedOptions();
    }

    @Override
    public void bind(SocketAddress address) throws IOException {
        original.bind(address);
    }

    @Override
    public InetAddress getInetAddress() {
        return original.getInetAddress();
    }

    @Override
    public InetAddress getLocalAddress() {
        return original.getLocalAddress();
    }

    @Override
    public int getPort() {
        return original.getPort();
    }

    @Override
    public int getLocalPort() {
        return original.getLocalPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return original.getRemoteSocketAddress();
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return original.getLocalSocketAddress();
    }

    @Override
    public SocketChannel getChannel() {
        return original.getChannel();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        InputStream in = original.getInputStream();
        FirstBytes watched = first;
        return watched == null ? in : watched.watch(in);
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        OutputStream out = original.getOutputStream();
        FirstBytes watched = first;
        return watched == null ? out : watched.watch(out);
    }

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        original.setTcpNoDelay(on);
    }

    @Override
    public boolean getTcpNoDelay() throws SocketException {
        return original.getTcpNoDelay();
    }

    @Override
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        original.setSoLinger(on, seconds);
    }

    @Override
    public int getSoLinger() throws SocketException {
        return original.getSoLinger();
    }

    @Override
    public void sendUrgentData(int data) throws IOException {
        original.sendUrgentData(data);
    }

    @Override
    public void setOOBInline(boolean on) throws SocketException {
        original.setOOBInline(on);
    }

    @Override
    public boolean getOOBInline() throws SocketException {
        return original.getOOBInline();
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        original.setSoTimeout(millis);
    }

    @Override
    public int getSoTimeout() throws SocketException {
        return original.getSoTimeout();
    }

    @Override
    public void setSendBufferSize(int size) throws SocketException {
        original.setSendBufferSize(size);
    }

    @Override
    public int getSendBufferSize() throws SocketException {
        return original.getSendBufferSize();
    }

    @Override
    public void setReceiveBufferSize(int size) throws SocketException {
        original.setReceiveBufferSize(size);
    }

    @Override
    public int getReceiveBufferSize() throws SocketException {
        return original.getReceiveBufferSize();
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        original.setKeepAlive(on);
    }

    @Override
    public boolean getKeepAlive() throws SocketException {
        return original.getKeepAlive();
    }

    @Override
    public void setTrafficClass(int trafficClass) throws SocketException {
        original.setTrafficClass(trafficClass);
    }

    @Override
    public int getTrafficClass() throws SocketException {
        return original.getTrafficClass();
    }

    @Override
    public void setReuseAddress(boolean on) throws SocketException {
        original.setReuseAddress(on);
    }

    @Override
    public boolean getReuseAddress() throws SocketException {
        return original.getReuseAddress();
    }

    @Override
    public void close() throws IOException {
        original.close();
    }

    @Override
    public void shutdownInput() throws IOException {
        original.shutdownInput();
    }

    @Override
    public void shutdownOutput() throws IOException {
        original.shutdownOutput();
    }

    @Override
    public boolean isConnected() {
        return original.isConnected();
    }

    @Override
    public boolean isBound() {
        return original.isBound();
    }

    @Override
    public boolean isClosed() {
        return original.isClosed();
    }

    @Override
    public boolean isInputShutdown() {
        return original.isInputShutdown();
    }

    @Override
    public boolean isOutputShutdown() {
        return original.isOutputShutdown();
    }

    @Override
    public void setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        original.setPerformancePreferences(connectionTime, latency, bandwidth);
    }

    @Override
    public String toString() {
        return original.toString();
    }
}
