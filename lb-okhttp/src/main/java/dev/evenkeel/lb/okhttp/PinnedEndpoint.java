package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Connection;
import okhttp3.ConnectionPool;
import okhttp3.Dns;

/**
 * One endpoint as OkHttp sees it: the only address of the service, with connections of its own.
 *
 * <p>It is the {@code Dns} of every attempt at the endpoint. OkHttp tells pooled connections apart by that object, so no request ever
 * finds a connection to another endpoint, nor is an HTTP/2 connection shared between two. Safe for use by many threads.
 */
final class PinnedEndpoint implements Dns {
    /**
     * The client's pool, and not ours, hears of a connection that cannot be used again, so ours goes on listing it. That is cleared
     * away when this many have gathered. Guessed: few enough to be cheap to search, and rare enough to spare the healthy ones.
     */
    private static final int DEAD_CONNECTIONS = 16;

    private final String service;
    private final Endpoint endpoint;
    private final EndpointName name;
    private final ServiceDns names;
    private final ConnectionPool pool;
    private final IdleConnections idle;
    private final AtomicReference<Use> use = new AtomicReference<>(Use.WANTED);
    private final AtomicInteger dead = new AtomicInteger();

    PinnedEndpoint(String service, Endpoint endpoint, ServiceDns names, ConnectionPool pool, IdleConnections idle) {
        this.service = service;
        this.endpoint = endpoint;
        this.name = EndpointName.of(service, endpoint);
        this.names = names;
        this.pool = pool;
        this.idle = idle;
    }

    /** Whether idle connections are worth keeping. */
    private enum Use {
        /** Requests come. */
        WANTED,
        /** The endpoint is out, so requests do not come; one that comes all the same, as in a panic, shows that they do. */
        RESTING,
        /** The endpoint is gone for good; should it return, another object stands for it. */
        RETIRED
    }

    /** Finds the endpoint under the service's name, and nothing under any other. */
    @Override
    public List<InetAddress> lookup(String hostname) throws UnknownHostException {
        if (!hostname.equals(service)) {
            throw new UnknownHostException(hostname + " was looked up for a request of " + service
                    + "; an interceptor that changes the host must be added before the client is wrapped");
        }
        List<InetAddress> addresses = new ArrayList<>(1);
        for (InetAddress ip : addresses()) {
            addresses.add(names.addresses().pin(this, ip));
        }
        return addresses;
    }

    /** Finds the endpoint under the service's name, at addresses that have this name and do not lead there. */
    List<InetAddress> lookUpByName(String hostname) throws UnknownHostException {
        List<InetAddress> addresses = new ArrayList<>(1);
        for (InetAddress ip :
                hostname.equals(service) ? addresses() : names.client().lookup(hostname)) {
            addresses.add(PinnedAddresses.named(hostname, ip));
        }
        return addresses;
    }

    /** Lists of endpoints hold names too: {@code localhost}, or a pod's own name. */
    private List<InetAddress> addresses() throws UnknownHostException {
        String host = endpoint.host();
        boolean literal = host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || Character.isDigit(c));
        return literal ? List.of(InetAddress.getByName(host)) : names.client().lookup(host);
    }

    /** Returns whether a connection to that address is one to this endpoint. Looks nothing up. */
    boolean isAt(InetSocketAddress address) {
        return names.addresses().find(address) == this;
    }

    /** Returns how it is asked for. */
    EndpointName name() {
        return name;
    }

    /** Returns where it is, as the list says. */
    String address() {
        return endpoint.address();
    }

    int port() {
        return endpoint.port();
    }

    String service() {
        return service;
    }

    /** Returns what is known of whether its service speaks TLS. */
    Spoken spoken() {
        return names.spoken(service);
    }

    /** Returns what names mean to the client. */
    ServiceDns names() {
        return names;
    }

    ConnectionPool pool() {
        return pool;
    }

    /** Learns that a request is about to go there. */
    void wake() {
        if (use.get() == Use.RESTING) {
            use.compareAndSet(Use.RESTING, Use.WANTED);
        }
    }

    /** Learns that the endpoint gets no requests for now: closes its idle connections, and those in use when they become idle. */
    void rest() {
        use.compareAndSet(Use.WANTED, Use.RESTING);
        pool.evictAll();
    }

    /** Learns that the endpoint is gone: closes its idle connections, and those in use when they become idle. */
    void retire() {
        use.set(Use.RETIRED);
        pool.evictAll();
        idle.clear();
    }

    /** Learns that a pooled connection was dead: those that lay beside it are dead too, whatever killed it. */
    void foundStale() {
        pool.evictAll();
    }

    /** Returns whether the server closed a pooled connection, which a call has taken, while it was idle, as far as that can be seen. */
    boolean hasClosed(Connection connection) {
        return idle.wasClosed(connection);
    }

    /** Learns that a call let go of a connection. */
    void released(Connection connection) {
        boolean closed = connection.socket().isClosed();
        if (!closed) {
            idle.released(connection);
        }
        if (use.get() != Use.WANTED || (closed && dead.incrementAndGet() % DEAD_CONNECTIONS == 0)) {
            pool.evictAll();
        }
    }

    /** Learns that a health check let go of a connection. It is kept while the endpoint is out, for the first request after that. */
    void checked() {
        if (use.get() == Use.RETIRED) {
            pool.evictAll();
        }
    }

    @Override
    public String toString() {
        return service + " at " + endpoint;
    }
}
