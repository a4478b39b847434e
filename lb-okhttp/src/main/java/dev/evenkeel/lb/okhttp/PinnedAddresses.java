package dev.evenkeel.lb.okhttp;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint's port gets past OkHttp, which connects to the URL's port whatever a {@code Dns} says: each address that OkHttp is
 * given is remembered, itself and not what it is equal to, for as long as OkHttp has it, and recognised when a socket is to connect
 * there. Its name, which event listeners see, is the endpoint's address with the port. Safe for use by many threads.
 */
final class PinnedAddresses {
    private final ConcurrentMap<Key, PinnedEndpoint> endpoints = new ConcurrentHashMap<>();
    private final ReferenceQueue<InetAddress> forgotten = new ReferenceQueue<>();

    /** An address, and no other that is equal to it. */
    private static final class Key extends WeakReference<InetAddress> {
        private final int hash;

        private Key(InetAddress address, @Nullable ReferenceQueue<InetAddress> queue) {
            super(address, queue);
            this.hash = System.identityHashCode(address);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // which is the point
        public boolean equals(@Nullable Object other) {
            if (this == other) {
                return true;
            }
            InetAddress address = get();
            return address != null && other instanceof Key key && key.get() == address;
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** Returns an address that leads to an endpoint. */
    InetAddress pin(PinnedEndpoint endpoint, InetAddress ip) throws UnknownHostException {
        forget();
        InetAddress pinned = named(endpoint.address(), ip);
        endpoints.put(new Key(pinned, forgotten), endpoint);
        return pinned;
    }

    private void forget() {
        for (Reference<?> key = forgotten.poll(); key != null; key = forgotten.poll()) {
            endpoints.remove(key);
        }
    }

    /** Returns how many addresses are remembered. */
    int size() {
        return endpoints.size();
    }

    /** Returns an address with another name; a link-local one is still of its link. */
    static InetAddress named(String name, InetAddress ip) throws UnknownHostException {
        if (ip instanceof Inet6Address v6 && v6.getScopeId() != 0) {
            return Inet6Address.getByAddress(name, ip.getAddress(), v6.getScopeId());
        }
        return InetAddress.getByAddress(name, ip.getAddress());
    }

    /** Returns the endpoint that an address leads to; null if it is not a pinned one. */
    @Nullable
    PinnedEndpoint find(SocketAddress address) {
        return address instanceof InetSocketAddress inet && !inet.isUnresolved()
                ? endpoints.get(new Key(inet.getAddress(), null))
                : null;
    }

    /**
     * Returns where to connect a socket to in truth, under the service's name, as without us: a trust manager may ask for it. The socket
     * is made to send small writes at once ({@code TCP_NODELAY}): OkHttp leaves Nagle's algorithm on, and the second of two small writes,
     * such as a request's body after its header, then waits until the server has acknowledged the first, which servers put off for up to 40 ms.
     *
     * @param endpoint what was {@link #find found} for the address
     */
    static SocketAddress prepare(Socket socket, SocketAddress address, @Nullable PinnedEndpoint endpoint)
            throws UnknownHostException {
        if (endpoint == null || !(address instanceof InetSocketAddress inet)) {
            return address;
        }
        try {
            socket.setTcpNoDelay(true);
        } catch (SocketException | UnsupportedOperationException e) {
            // A socket of the user's own without this option, over a tunnel perhaps. If it is closed, connecting
            // says so.
        }
        return new InetSocketAddress(named(endpoint.service(), inet.getAddress()), endpoint.port());
    }
}
