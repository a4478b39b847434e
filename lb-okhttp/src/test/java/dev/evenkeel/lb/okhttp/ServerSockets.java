package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;

/**
 * What the servers of tests listen on. A port can be bound again as soon as it is closed, even while its connections linger. And answers
 * leave at once: MockWebServer writes header and body apart, and the second would wait 40 ms for the client to acknowledge the first.
 */
final class ServerSockets extends ServerSocketFactory {
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();

    /** Closes what was accepted. */
    void dropConnections() {
        for (Socket connection : accepted) {
            try {
                connection.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        accepted.clear();
    }

    /** Returns how many of what was accepted have not been closed. */
    int open() {
        return (int)
                accepted.stream().filter(connection -> !connection.isClosed()).count();
    }

    @Override
    public ServerSocket createServerSocket() throws IOException {
        return new ServerSocket() {
            @Override
            public void setReuseAddress(boolean on) throws SocketException {
                super.setReuseAddress(true); // MockWebServer wants it only where the port was chosen
            }

            @Override
            public Socket accept() throws IOException {
                Socket connection = super.accept();
                connection.setTcpNoDelay(true);
                accepted.add(connection);
                return connection;
            }
        };
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
        return createServerSocket(port, 50);
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) throws IOException {
        return createServerSocket(port, backlog, InetAddress.getLoopbackAddress());
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address) throws IOException {
        ServerSocket socket = createServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(address, port), backlog);
        return socket;
    }
}
