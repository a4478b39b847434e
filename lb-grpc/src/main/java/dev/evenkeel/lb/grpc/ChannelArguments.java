package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.NameResolver;
import org.jspecify.annotations.Nullable;

/** What a channel was told by {@code setNameResolverArg}, which a policy hears of too. */
final class ChannelArguments {
    private ChannelArguments() {}

    /** Returns an argument; null if there is none, or it is a channel of somebody else's that cannot be told anything. */
    static <T> @Nullable T get(LoadBalancer.Helper channel, NameResolver.Args.Key<T> key) {
        try {
            return channel.getNameResolverArgs().getArg(key);
        } catch (UnsupportedOperationException e) {
            return null;
        }
    }
}
