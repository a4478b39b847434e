package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.ForwardingChannelBuilder;
import io.grpc.ForwardingChannelBuilder2;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolver;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What an application set on a channel's builder. gRPC has no way to ask for it, and does not show
 * a default service config, so the builder's fields are read: what is set before {@link EvenkeelGrpc#configure} is then not overwritten,
 * and a service config is merged with ours, whenever it is set. Where fields cannot be read, in a native image or under
 * another name, we set less and say so.
 */
final class BuilderSettings {
    /** The argument by which the channel's resolver finds it. */
    static final NameResolver.Args.Key<BuilderSettings> KEY = NameResolver.Args.Key.create("evenkeel-builder");

    private static final System.Logger LOG = System.getLogger(EvenkeelGrpc.class.getName());
    private static final String CONFIG = "defaultServiceConfig";
    private static final String IN_PROCESS = "InProcessChannelBuilder";

    private final ManagedChannelBuilder<?> builder;

    /**
     * By the arguments of a channel, as one that was idle asks again, and the builder may have other settings by then.
     */
    private final Map<NameResolver.Args, MergedConfig> merged = new WeakHashMap<>(); // guarded by this

    private @Nullable Map<String, ?> users; // guarded by this; what we have replaced
    private @Nullable Map<String, ?> written; // guarded by this; in its place

    BuilderSettings(ManagedChannelBuilder<?> builder) {
        this.builder = builder;
        if (!isReadable()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the settings of a " + builder.getClass().getName() + " cannot be read, so a service config of the"
                            + " application is not merged with ours, and keepAliveTime and maxRetryAttempts are not set");
        }
    }

    /** Returns whether a setting is known, and is this, as where an application says nothing. */
    boolean is(String field, Object unset) {
        return unset.equals(read(field));
    }

    /**
     * Returns the policy that was chosen for targets whose service config names none; null if none was, or it is ours.
     */
    @Nullable
    String otherPolicy() {
        Object policy = read("defaultLbPolicy");
        return !(policy instanceof String name) || name.equals("pick_first") || name.equals(Registration.policy())
                ? null
                : name;
    }

    /** Returns whether this is a channel within the process, for which gRPC turns repeated calls off. */
    boolean isInProcess() {
        for (ManagedChannelBuilder<?> in = builder; in != null; in = delegate(in)) {
            if (in.getClass().getSimpleName().equals(IN_PROCESS)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the service config of a channel that is being built or was idle. If gRPC is not to look for one, the
     * merged one takes the place of what the application set; the builder is used by the thread that is here, and gRPC
     * reads it after the resolver was made.
     */
    synchronized MergedConfig merged(NameResolver.Args channel, LoadBalancer service) {
        return merged.computeIfAbsent(channel, args -> merge(service));
    }

    private MergedConfig merge(LoadBalancer service) {
        Map<String, ?> set = config();
        Map<String, ?> original = set != null && set.equals(written) ? users : set;
        MergedConfig result = MergedConfig.of(original, service.retryPolicy(), Registration.policy(), limits());
        result.unused().forEach(unused -> say(service, "a service config has no effect in " + unused));
        Object policy = read("defaultLbPolicy");
        if (policy != null && !policy.equals(Registration.policy())) {
            say(
                    service,
                    "defaultLoadBalancingPolicy(\"" + policy
                            + "\") has no effect: endpoints are chosen by the load balancer");
        }
        if (Boolean.FALSE.equals(read("lookUpServiceConfig"))) {
            builder.defaultServiceConfig(result.config());
            users = original;
            written = config();
        }
        return result;
    }

    private static void say(LoadBalancer service, String what) {
        LOG.log(System.Logger.Level.WARNING, OneLine.of("a channel to " + service.service() + ": " + what));
    }

    private MergedConfig.Limits limits() {
        return new MergedConfig.Limits(
                !Boolean.FALSE.equals(read("retryEnabled")), number("maxRetryAttempts"), number("maxHedgedAttempts"));
    }

    private int number(String field) {
        return read(field) instanceof Integer number ? number : Integer.MAX_VALUE;
    }

    @SuppressWarnings("unchecked") // gRPC has checked it
    private @Nullable Map<String, ?> config() {
        return (Map<String, ?>) read(CONFIG);
    }

    private boolean isReadable() {
        return read("lookUpServiceConfig") != null;
    }

    /** Returns a field of the builder, or of one that it forwards to; null if that is unset or cannot be read. */
    private @Nullable Object read(String name) {
        for (ManagedChannelBuilder<?> in = builder; in != null; in = delegate(in)) {
            try {
                Field field = in.getClass().getDeclaredField(name);
                field.setAccessible(true);
                return field.get(in);
            } catch (NoSuchFieldException e) {
                // One that it forwards to may have it.
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                return null;
            }
        }
        return null;
    }

    /**
     * Asks by the method of the class that forwards: a builder's own may not all be there, as those with types of an
     * optional library.
     */
    private static @Nullable ManagedChannelBuilder<?> delegate(ManagedChannelBuilder<?> forwarding) {
        for (Class<?> type : List.of(ForwardingChannelBuilder2.class, ForwardingChannelBuilder.class)) {
            if (type.isInstance(forwarding)) {
                try {
                    Method delegate = type.getDeclaredMethod("delegate");
                    delegate.setAccessible(true);
                    return delegate.invoke(forwarding) instanceof ManagedChannelBuilder<?> next ? next : null;
                } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                    return null;
                }
            }
        }
        return null;
    }
}
