package dev.evenkeel.lb.grpc;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * Finds the IP addresses of a host name, as DNS does. Set one with {@link EvenkeelGrpc#HOST_LOOKUP}. It is called by several threads at a time,
 * all of which may block, and never for what is an IP address already.
 */
@FunctionalInterface
public interface HostLookup {
    /** The look-up of the JDK. Its cache keeps answers for 30 s unless the security property {@code networkaddress.cache.ttl} says otherwise. */
    HostLookup SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /**
     * Returns all addresses of a host, in the order in which they are to be tried.
     *
     * @throws IOException if there are none, such as {@link java.net.UnknownHostException}; it is called again a few seconds later
     */
    List<InetAddress> lookup(String host) throws IOException;
}
