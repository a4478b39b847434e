package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A gRPC channel whose calls are balanced over a service's endpoints.
 *
 * <pre>{@code
 * LoadBalancers services = LoadBalancers.of(LoadBalancer.builder("orders").endpoints(source).build());
 * ManagedChannel channel = EvenkeelGrpc.configure(Grpc.newChannelBuilder("lb:///orders", credentials), services).build();
 * }</pre>
 *
 * <p>The target names the service, and so do the authority and the name that TLS checks; each endpoint has its own address and port.
 * Stubs of all kinds are used as ever. Channels keep their own connections and share everything else: closing a channel, or its going
 * idle, forgets nothing. See {@code docs/grpc.md}.
 */
public final class EvenkeelGrpc {
    static {
        GrpcVersion.check(); // before anything that older versions do not have
    }

    /**
     * The argument by which a channel's resolver finds the load balancers. {@link #configure} sets it; set it by hand for a channel
     * without the interceptor: its calls are remembered all the same, unless the look-up of service configs is off.
     */
    public static final NameResolver.Args.Key<LoadBalancers> SERVICES =
            NameResolver.Args.Key.create("evenkeel-services");

    /**
     * The argument that says to which socket address an endpoint's connections go: for transports other than TCP, or for servers that are found
     * in another way. By default that is the endpoint's own host and port. It is called by threads that may wait, several at a time, and returns an
     * address of a kind that the transport connects to. The host name of an unresolved one is looked up, see {@link #HOST_LOOKUP}, and for IP
     * addresses and names the channel's proxy detector is asked, as by gRPC for a target. An endpoint for which it returns null or throws counts as
     * one that cannot be connected to until it has an address; if it had one, that stays. It is called again when a connection was lost,
     * once a second at most, and every 4 s for what is an {@link InetSocketAddress} or failed.
     */
    public static final NameResolver.Args.Key<Function<Endpoint, SocketAddress>> ADDRESSES =
            NameResolver.Args.Key.create("evenkeel-addresses");

    /**
     * The argument that says how host names are looked up, of endpoints and of what {@link #ADDRESSES} returns; the JDK's way by default. All
     * addresses of a name are one endpoint's, tried one after the other. Names are looked up again when a connection was lost, once a
     * second at most, and every 4 s; while that fails, the last addresses stay in use.
     */
    public static final NameResolver.Args.Key<HostLookup> HOST_LOOKUP =
            NameResolver.Args.Key.create("evenkeel-host-lookup");

    /**
     * Whether a call may be executed twice, so that it may be repeated after the server may have processed it. By default that is what
     * the method's definition says: {@code idempotency_level}.
     */
    public static final CallOptions.Key<Boolean> IDEMPOTENT = CallOptions.Key.create("evenkeel-idempotent");

    /** What a call has in common with others that should go to the same endpoint, by a policy that looks at keys; by default nothing. */
    public static final CallOptions.Key<String> AFFINITY_KEY = CallOptions.Key.create("evenkeel-affinity-key");

    /** The session that a call belongs to, where the service has sticky sessions; by default none. */
    public static final CallOptions.Key<String> SESSION = CallOptions.Key.create("evenkeel-session");

    /** To which of the service's endpoints a call may go; by default to all. */
    public static final CallOptions.Key<Subset> SUBSET = CallOptions.Key.create("evenkeel-subset");

    /**
     * The id of the one endpoint that a call may go to; an endpoint's id is its address unless its source says otherwise. The call goes
     * there whatever is held against the endpoint, also while it is ejected or drains, and nowhere else: it is not repeated and not
     * hedged. It fails as {@code UNAVAILABLE}, naming the endpoint, if that is not in the list, is none of those that are used of a long list, or cannot be connected to; a call that waits
     * for ready waits for it.
     */
    public static final CallOptions.Key<String> PIN_ENDPOINT = CallOptions.Key.create("evenkeel-pin");

    /**
     * How often connections are looked at over which calls wait: 4 s by default, from 100 ms to an hour. Where nothing came between two looks,
     * or three calls in a row ran into their deadlines without a word, the server is asked something, {@code grpc.health.v1.Health/Check} of
     * no service, and any answer will do, also that it does not know this. A connection that proves dead is replaced, and streams and calls
     * without a deadline that wait there end as {@code UNAVAILABLE}, unless the channel has no {@link #interceptor}. With 0 there is none of
     * this, and a dead connection is found by TCP or by gRPC's keepalive. A value that is not allowed fails {@code build()}, and is taken for
     * the default where the target is not ours.
     */
    public static final NameResolver.Args.Key<Duration> LIVENESS_INTERVAL =
            NameResolver.Args.Key.create("evenkeel-liveness-interval");

    /**
     * How long an endpoint's connection may take to become ready, TCP, TLS and HTTP/2 together: 20 s by default, from 100 ms to an hour. One that
     * takes longer has failed: the endpoint is out with a reason, and is tried again after a pause of 1 s, which grows to 2 min. gRPC by itself
     * waits without end for a server that accepts and never answers. A value that is not allowed fails {@code build()}, and is taken for the
     * default where the target is not ours.
     */
    public static final NameResolver.Args.Key<Duration> CONNECT_TIMEOUT =
            NameResolver.Args.Key.create("evenkeel-connect-timeout");

    /** The argument that says what answers mean, where that is not what their status says: see {@link GrpcJudge}. By default nothing does. */
    public static final NameResolver.Args.Key<GrpcJudge> JUDGE = NameResolver.Args.Key.create("evenkeel-judge");

    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());

    /** The most attempts of a call that a load balancer can ask for. */
    private static final int MOST_ATTEMPTS = 10;

    /** gRPC's limit where none is set. */
    private static final int USUAL_ATTEMPTS = 5;

    /**
     * More than the five minutes below which servers of all languages take pings for an attack, unless they are told otherwise. Why it is set
     * at all: over epoll, grpc-netty then has the kernel end a connection on which nothing that was sent is acknowledged for 20 s.
     */
    private static final long KEEP_ALIVE_MINUTES = 6;

    private EvenkeelGrpc() {}

    /**
     * Makes a channel use the load balancers, and returns its builder. What was set before holds, and what this sets can be set otherwise
     * afterwards, except for the policy that chooses endpoints. A service config of the application's, {@code defaultServiceConfig}, is
     * merged with ours whenever it is set: its method configs and its throttling hold, ours fill the gaps, and what has no effect is
     * logged when the channel is built. Calls within the process may be repeated as all others, unless {@code disableRetry} is called
     * afterwards.
     *
     * @param builder of a channel to {@code lb:///service}
     * @throws IllegalStateException if grpc-java is older than 1.70
     */
    public static <B extends ManagedChannelBuilder<?>> B configure(B builder, LoadBalancers services) {
        Objects.requireNonNull(services, "services");
        GrpcVersion.check();
        Registration.ensure();
        BuilderSettings settings = new BuilderSettings(builder);
        String replaced = settings.otherPolicy();
        if (replaced != null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    OneLine.of("defaultLoadBalancingPolicy(\"" + replaced
                            + "\") is replaced by EvenkeelGrpc.configure: endpoints are chosen by the load balancer"));
        }
        builder.setNameResolverArg(SERVICES, services);
        builder.setNameResolverArg(BuilderSettings.KEY, settings);
        builder.defaultLoadBalancingPolicy(Registration.policy());
        if (settings.is("maxRetryAttempts", USUAL_ATTEMPTS)) {
            builder.maxRetryAttempts(MOST_ATTEMPTS);
        }
        if (settings.isInProcess()) {
            builder.enableRetry();
        }
        if (settings.is("keepAliveTimeNanos", Long.MAX_VALUE)) {
            keepAlive(builder);
        }
        builder.intercept(interceptor());
        builder.setNameResolverArg(MemorySelector.NOT_NEEDED, true);
        watchTransports(builder);
        return builder;
    }

    private static void watchTransports(ManagedChannelBuilder<?> builder) {
        try {
            builder.addTransportFilter(Transport.filter());
        } catch (UnsupportedOperationException e) {
            // A channel that has none.
        }
    }

    /**
     * Makes targets of another scheme ours, {@code acme-lb:///orders}. For the case that two copies of this library are in one process, as when
     * a vendor's jar has one inside: {@code lb} belongs to the copy that gRPC finds first. May be called repeatedly.
     *
     * @param scheme of lower-case letters, digits, {@code +}, {@code .} and {@code -}, beginning with a letter
     * @throws IllegalArgumentException if it is something else, or somebody else's
     */
    public static void registerScheme(String scheme) {
        Registration.addScheme(scheme);
    }

    private static void keepAlive(ManagedChannelBuilder<?> builder) {
        try {
            builder.keepAliveTime(KEEP_ALIVE_MINUTES, TimeUnit.MINUTES);
        } catch (UnsupportedOperationException e) {
            // A transport that has none.
        }
    }

    /**
     * Returns the interceptor by which a call's attempts know of each other, so that a retry or hedge goes to another endpoint. {@link
     * #configure} adds it.
     */
    public static ClientInterceptor interceptor() {
        return new MemoryInterceptor();
    }

    /**
     * Returns an interceptor by which a channel's calls have the value of a header as their key, unless they have an {@link
     * #AFFINITY_KEY}. A call without the header, or with more than 4,096 characters in it, has no key.
     *
     * @throws IllegalArgumentException if a header cannot have this name, or it is one of bytes, {@code …-bin}
     */
    public static ClientInterceptor keyFromHeader(String header) {
        return new HeaderInterceptor(PlacedCall.KEY_HEADER, textual(header));
    }

    /**
     * Does the same for the session that a call belongs to; {@link #SESSION} says otherwise for a call.
     *
     * @throws IllegalArgumentException as {@link #keyFromHeader}
     */
    public static ClientInterceptor sessionFromHeader(String header) {
        return new HeaderInterceptor(PlacedCall.SESSION_HEADER, textual(header));
    }

    private static Metadata.Key<String> textual(String header) {
        return Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** See {@link #ADDRESSES}. */
    static SocketAddress address(Endpoint endpoint) {
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port());
        return IpLiteral.parse(endpoint.host())
                .<SocketAddress>map(ip -> new InetSocketAddress(ip, endpoint.port()))
                .orElse(unresolved);
    }
}
