package dev.evenkeel.lb.grpc;

import io.grpc.Attributes;
import io.grpc.InternalConfigSelector;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ConfigOrError;

/**
 * Has the calls of a channel remembered that was given our resolver and no interceptor. Attempts of one call have nothing in common that a policy
 * could see: their options and headers are copies, and the thread may be that of any other call. So what belongs to the call must be put into its
 * options when it begins; gRPC lets resolvers do so, as that of xDS does. The type is internal to gRPC, and the same in all versions that we support;
 * without it such a channel repeats nothing.
 */
final class MemorySelector {
    /** Whether the channel has the interceptor, which is cheaper. */
    static final NameResolver.Args.Key<Boolean> NOT_NEEDED = NameResolver.Args.Key.create("evenkeel-has-interceptor");

    private MemorySelector() {}

    static boolean isNeeded(NameResolver.Args args) {
        return !Boolean.TRUE.equals(args.getArg(NOT_NEEDED));
    }

    /**
     * Adds it to what a resolver says.
     *
     * @param config the service config that goes with it, which is then used for each call
     * @throws LinkageError if this gRPC has no such thing
     */
    static void addTo(Attributes.Builder attributes, ConfigOrError config) {
        Object parsed = config.getConfig();
        if (parsed != null) {
            attributes.set(InternalConfigSelector.KEY, new ForGrpc(parsed));
        }
    }

    private static final class ForGrpc extends InternalConfigSelector {
        private final Result same;

        ForGrpc(Object config) {
            same = Result.newBuilder()
                    .setConfig(config)
                    .setInterceptor(new MemoryInterceptor())
                    .build();
        }

        @Override
        public Result selectConfig(PickSubchannelArgs args) {
            return same;
        }
    }
}
