package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.Status;
import java.util.HashMap;
import java.util.Map;

/** In the place of {@code pick_first}: its connections do what the test says, when it says so. */
class ScriptedLeaf extends LoadBalancerProvider {
    int begun; // how many connections were begun
    int told; // how often one of them was told its address
    int ended; // how many were given up

    private final Map<String, LoadBalancer.Helper> helpers = new HashMap<>(); // by the endpoint's id

    /** Has the latest connection to an endpoint change its state. */
    void become(Endpoint endpoint, ConnectivityState state) {
        LoadBalancer.PickResult result = state == ConnectivityState.TRANSIENT_FAILURE
                ? LoadBalancer.PickResult.withError(Status.UNAVAILABLE)
                : LoadBalancer.PickResult.withNoResult();
        helpers.get(endpoint.id()).updateBalancingState(state, new FixedPicker(result));
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        begun++;
        return new LoadBalancer() {
            @Override
            public Status acceptResolvedAddresses(ResolvedAddresses addresses) {
                Endpoint endpoint =
                        addresses.getAddresses().get(0).getAttributes().get(ServiceAttributes.ENDPOINT);
                helpers.put(endpoint.id(), helper);
                told++;
                return Status.OK;
            }

            @Override
            public void handleNameResolutionError(Status error) {}

            @Override
            public void shutdown() {
                ended++;
            }
        };
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
        return "scripted";
    }
}
