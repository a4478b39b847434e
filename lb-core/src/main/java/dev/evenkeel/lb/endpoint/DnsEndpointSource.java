package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.time.Environment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * All addresses (A and AAAA) of one DNS name, each with the same port, looked up again every 10 s give or take a fifth. Immutable
 * but for a warning that is given once, so safe for use by many threads.
 *
 * <p>The timer runs whatever the state of connections, so new addresses are found while the old ones still work. A name that is unknown
 * or has no address is a failure, never an empty list: DNS has no way to say "none on purpose". A look-up that has not ended after three
 * intervals is reported as a failure; the next one starts when it ends. Endpoints are told apart by their addresses, so those that
 * stay keep what was learnt about them, and the order of the answers means nothing.
 *
 * <p><b>The JDK's cache lies beneath.</b> {@link InetAddress} keeps answers for 30 s, or for ever under a security manager, and failures
 * for 10 s, whatever the record's own TTL. Until then each look-up repeats what the last one said, so with nothing configured a change is
 * seen after up to 40 s. To see it sooner set the security property {@code networkaddress.cache.ttl} (and
 * {@code networkaddress.cache.negative.ttl}) to a few seconds before the first look-up of the process, in
 * {@code conf/security/java.security} or by
 * <pre>{@code java.security.Security.setProperty("networkaddress.cache.ttl", "5");}</pre>
 * The source says so in the log, once, when the cache keeps answers for longer than the interval.
 */
public final class DnsEndpointSource implements EndpointSource {
    private static final System.Logger LOG = System.getLogger(DnsEndpointSource.class.getName());

    /** A DNS message has at most 65,535 bytes and an A record at least 16, so more than this is no answer of DNS. */
    private static final int MAX_ADDRESSES = 4096;

    private static final RefreshPace DEFAULT_PACE = new RefreshPace(Duration.ofSeconds(10), Duration.ZERO);

    private final HostAndPort target;
    private final Resolver resolver;
    private final RefreshPace pace;
    private final AtomicBoolean advised = new AtomicBoolean();

    DnsEndpointSource(HostAndPort target, Resolver resolver, RefreshPace pace) {
        this.target = target;
        this.resolver = resolver;
        this.pace = pace;
    }

    /** Returns a source for a name and a port such as {@code orders.internal:8080}. */
    public static DnsEndpointSource of(String hostAndPort) {
        return of(HostAndPort.parse(hostAndPort));
    }

    /** Returns a source for a name and a port of 1 to 65535. */
    public static DnsEndpointSource of(String host, int port) {
        return of(HostAndPort.of(host, port));
    }

    static DnsEndpointSource of(HostAndPort target) {
        return new DnsEndpointSource(target, InetAddress::getAllByName, DEFAULT_PACE);
    }

    /** Returns this source with another interval between look-ups, 100 ms to one day; 10 s unless set. */
    public DnsEndpointSource withInterval(Duration interval) {
        return new DnsEndpointSource(target, resolver, pace.withInterval(interval));
    }

    /** Returns this source with look-ups answered by {@code newResolver}. */
    DnsEndpointSource withResolver(Resolver newResolver) {
        return new DnsEndpointSource(target, newResolver, pace);
    }

    @Override
    public Subscription subscribe(Listener listener, Environment environment) {
        adviseOnce();
        RefreshLoop loop = new RefreshLoop(toString(), this::look, pace, listener, environment);
        loop.lookNow();
        return loop;
    }

    private void adviseOnce() {
        if (advised.compareAndSet(false, true)) {
            JdkDnsCache cache = JdkDnsCache.current();
            System.Logger.Level level = cache.isForever() ? System.Logger.Level.WARNING : System.Logger.Level.INFO;
            cache.advice(pace.interval()).ifPresent(advice -> LOG.log(level, this + ": " + advice));
        }
    }

    private Report.Found look() throws LookupFailedException {
        InetAddress[] answers;
        try {
            answers = resolver.resolve(target.host());
        } catch (UnknownHostException e) {
            throw new LookupFailedException(this + ": the name cannot be resolved: " + e.getMessage());
        }
        if (answers.length == 0) {
            throw new LookupFailedException(this + ": the name has no address");
        }
        if (answers.length > MAX_ADDRESSES) {
            throw new LookupFailedException(this + ": the name has " + answers.length + " addresses, at most "
                    + MAX_ADDRESSES + " are allowed");
        }
        return new Report.Found(Arrays.stream(answers)
                .map(DnsEndpointSource::host)
                .distinct()
                .sorted()
                .map(host -> Endpoint.of(host, target.port()))
                .toList());
    }

    /** A link-local address is reachable on one link only, so its scope belongs to it; as a number, since names vary in spelling. */
    private static String host(InetAddress address) {
        if (address instanceof Inet6Address ipv6) {
            String text = Ipv6.format(ipv6.getAddress());
            return ipv6.getScopeId() == 0 ? text : text + "%" + ipv6.getScopeId();
        }
        return address.getHostAddress();
    }

    @Override
    public String toString() {
        return "DNS " + target;
    }

    /** Returns all addresses of a host; may block. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }
}
