package dev.evenkeel.lb.grpc;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A resolver of somebody else's, for {@code other:///service}, that tells what the test says, but only when it is asked: at first, and when
 * somebody wants it to look again.
 */
final class OtherResolver extends NameResolverProvider implements AutoCloseable {
    static final String TARGET = "other:///orders";

    final AtomicInteger refreshes = new AtomicInteger();

    private volatile List<EquivalentAddressGroup> groups = List.of();
    private volatile NameResolver.Listener2 listener;
    private volatile NameResolver.Args args;

    OtherResolver() {
        NameResolverRegistry.getDefaultRegistry().register(this);
    }

    static EquivalentAddressGroup group(SocketAddress... addresses) {
        return new EquivalentAddressGroup(Arrays.asList(addresses));
    }

    /** Says what is found from now on, by whoever looks. */
    OtherResolver finds(EquivalentAddressGroup... found) {
        groups = List.of(found);
        return this;
    }

    /** Tells the channel without being asked. */
    void tell() {
        args.getSynchronizationContext().execute(() -> {
            var unused = listener.onResult2(NameResolver.ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(groups))
                    .build());
        });
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args itsArgs) {
        if (!target.getScheme().equals("other")) {
            return null;
        }
        args = itsArgs;
        return new NameResolver() {
            @Override
            public String getServiceAuthority() {
                return Fleet.NAME;
            }

            @Override
            public void start(Listener2 newListener) {
                listener = newListener;
                tell();
            }

            @Override
            public void refresh() {
                refreshes.incrementAndGet();
                tell();
            }

            @Override
            public void shutdown() {}
        };
    }

    @Override
    public String getDefaultScheme() {
        return "other";
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    @Override
    protected int priority() {
        return 3;
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return Set.of();
    }

    @Override
    public void close() {
        NameResolverRegistry.getDefaultRegistry().deregister(this);
    }
}
