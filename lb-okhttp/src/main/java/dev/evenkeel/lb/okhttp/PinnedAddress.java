package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;

/**
 * How an endpoint's port gets past OkHttp, which connects to the URL's port whatever a {@code Dns} says: it is written into the host
 * name of the {@code InetAddress}, and read from there when the socket connects.
 *
 * <p>Such an address cannot be mistaken for another. A DNS name holds no colon, and an IPv6 address in text, which holds several, is
 * never written in brackets there.
 */
final class PinnedAddress {
    private PinnedAddress() {}

    /**
     * Returns an address at which this endpoint is reached, marked with the endpoint's own port. A link-local one keeps its scope, without which
     * nothing can connect to it.
     */
    static InetAddress of(Endpoint endpoint, InetAddress ip) throws UnknownHostException {
        if (ip instanceof Inet6Address scoped && scoped.getScopeId() != 0) {
            return Inet6Address.getByAddress(endpoint.address(), ip.getAddress(), scoped.getScopeId());
        }
        return InetAddress.getByAddress(endpoint.address(), ip.getAddress());
    }

    /**
     * Returns where to connect a socket to in truth. If that is an endpoint, the socket is made to send small writes at once
     * ({@code TCP_NODELAY}): OkHttp leaves Nagle's algorithm on, and the second of two small writes, such as a request's body after its header,
     * then waits until the server has acknowledged the first, which servers put off for up to 40 ms.
     */
    static SocketAddress prepare(Socket socket, SocketAddress address) {
        SocketAddress real = real(address);
        if (real != address) {
            try {
                socket.setTcpNoDelay(true);
            } catch (SocketException | UnsupportedOperationException e) {
                // A socket of the user's own without this option, over a tunnel perhaps. If it is closed, connecting
                // says so.
            }
        }
        return real;
    }

    /** Returns where to connect to in truth; an address that is not pinned stays as it is. Looks nothing up. */
    private static SocketAddress real(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet) || inet.isUnresolved()) {
            return address;
        }
        String name = inet.getHostString();
        int colon = name.lastIndexOf(':');
        boolean pinned = colon > 0 && (name.charAt(0) == '[' || name.indexOf(':') == colon);
        return pinned ? new InetSocketAddress(inet.getAddress(), Integer.parseInt(name.substring(colon + 1))) : address;
    }
}
