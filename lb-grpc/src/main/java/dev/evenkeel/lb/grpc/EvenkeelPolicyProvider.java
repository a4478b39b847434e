package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.util.Map;
import java.util.TreeSet;

/** Makes the policy {@code evenkeel}. Found by gRPC through the service loader; not for use by programs. */
public class EvenkeelPolicyProvider extends LoadBalancerProvider {
    /** The policy's name in service configs. */
    static final String NAME = "evenkeel";

    /** For the service loader. */
    public EvenkeelPolicyProvider() {}

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        LoadBalancerProvider leaf = LoadBalancerRegistry.getDefaultRegistry().getProvider("pick_first");
        if (leaf == null) {
            throw new IllegalStateException("gRPC has no policy pick_first: is grpc-core on the class path?");
        }
        return new ChannelPolicy(helper, leaf);
    }

    @Override
    public boolean isAvailable() {
        return true;
    }

    @Override
    public int getPriority() {
        return 5;
    }

    @Override
    public String getPolicyName() {
        return NAME;
    }

    /** There is nothing to configure here: everything is a setting of the load balancer. What would have no effect is refused. */
    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> config) {
        return config.isEmpty()
                ? ConfigOrError.fromConfig(Map.of())
                : ConfigOrError.fromError(Status.INVALID_ARGUMENT.withDescription("policy " + getPolicyName()
                        + " is configured with " + new TreeSet<>(config.keySet())
                        + ", must be configured with nothing: its settings are those of the load balancer"));
    }
}
