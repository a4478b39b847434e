package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes resolvers for {@code lb:///service}. Found by gRPC through the service loader; not for use by programs. */
public final class ServiceResolverProvider extends NameResolverProvider {
    private final String scheme;

    /** For the service loader. */
    public ServiceResolverProvider() {
        this(ServiceTarget.SCHEME);
    }

    ServiceResolverProvider(String scheme) {
        this.scheme = scheme;
    }

    /**
     * Returns a resolver for the target, or null if it has another scheme.
     *
     * @throws IllegalArgumentException if the target is malformed, or there is no such service, or nobody said which there are, or an argument is not allowed; so {@code
     *     build()} fails
     * @throws IllegalStateException if grpc-java is older than 1.70
     */
    @Override
    public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
        if (!scheme.equals(target.getScheme())) {
            return null;
        }
        GrpcVersion.check();
        String name = ServiceTarget.service(target);
        LoadBalancers services = args.getArg(EvenkeelGrpc.SERVICES);
        if (services == null) {
            throw new IllegalArgumentException("the channel to " + target
                    + " was not told where its services are: call EvenkeelGrpc.configure(builder, services)"
                    + " or builder.setNameResolverArg(EvenkeelGrpc.SERVICES, services). If it was, by another copy of this"
                    + " library, a shaded one for instance, then the scheme " + scheme + " belongs to the copy"
                    + Registration.copy(this)
                    + ": have the other call EvenkeelGrpc.registerScheme, and use its scheme in targets");
        }
        Duration liveness = args.getArg(EvenkeelGrpc.LIVENESS_INTERVAL);
        if (liveness != null && !Liveness.isAllowed(liveness)) {
            throw new IllegalArgumentException("EvenkeelGrpc.LIVENESS_INTERVAL is " + liveness
                    + ", must be 0 for none, or from " + Liveness.SHORTEST + " to " + Liveness.LONGEST);
        }
        Duration connectTimeout = args.getArg(EvenkeelGrpc.CONNECT_TIMEOUT);
        if (connectTimeout != null && !Dialer.isAllowed(connectTimeout)) {
            throw new IllegalArgumentException("EvenkeelGrpc.CONNECT_TIMEOUT is " + connectTimeout + ", must be from "
                    + Dialer.SHORTEST + " to " + Dialer.LONGEST);
        }
        LoadBalancer service = services.get(name);
        return new ServiceResolver(service, args.getArg(EvenkeelGrpc.ADDRESSES), args);
    }

    @Override
    public String getDefaultScheme() {
        return scheme;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    /** Below that of gRPC's resolver for DNS, which is 5: of all schemes, that of the first is taken for targets without one. */
    @Override
    protected int priority() {
        return 4;
    }

    /** Returns nothing, so that any transport may be used: what kind of address there is depends on {@link EvenkeelGrpc#ADDRESSES}. */
    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return Set.of();
    }
}
