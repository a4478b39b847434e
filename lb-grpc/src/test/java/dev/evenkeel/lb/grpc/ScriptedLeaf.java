package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** In the place of {@code pick_first}: its connections do what the test says, when it says so. */
class ScriptedLeaf extends LoadBalancerProvider {
    int begun; // how many connections were begun
    int told; // how often one of them was told its address
    int ended; // how many were given up
    int asked; // how often one of them was to connect again
    int unresolved; // how often one of them was told that the resolver had failed

    final List<Endpoint> order = new ArrayList<>(); // to which they were begun, one after another

    private final List<Endpoint> given = new ArrayList<>(); // up, to which
    private final Map<String, LoadBalancer.Helper> helpers = new HashMap<>(); // by the endpoint's id

    /** Has the latest connection to an endpoint change its state. */
    void become(Endpoint endpoint, ConnectivityState state) {
        become(connection(endpoint), state);
    }

    /** Has a connection change its state, be it one that was given up. */
    static void become(LoadBalancer.Helper connection, ConnectivityState state) {
        LoadBalancer.PickResult result = switch (state) {
            case READY -> LoadBalancer.PickResult.withSubchannel(new Connected());
            case TRANSIENT_FAILURE -> LoadBalancer.PickResult.withError(Status.UNAVAILABLE);
            case CONNECTING, IDLE, SHUTDOWN -> LoadBalancer.PickResult.withNoResult();
        };
        connection.updateBalancingState(state, new FixedPicker(result));
    }

    /** Returns how often a connection to an endpoint was given up. */
    long ended(Endpoint endpoint) {
        return given.stream().filter(endpoint::equals).count();
    }

    /** Returns the latest connection to an endpoint. */
    LoadBalancer.Helper connection(Endpoint endpoint) {
        return helpers.get(endpoint.id());
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        begun++;
        return new LoadBalancer() {
            private Endpoint endpoint;

            @Override
            public Status acceptResolvedAddresses(ResolvedAddresses addresses) {
                endpoint = addresses.getAddresses().get(0).getAttributes().get(ServiceAttributes.ENDPOINT);
                helpers.put(endpoint.id(), helper);
                order.add(endpoint);
                told++;
                return Status.OK;
            }

            @Override
            public void handleNameResolutionError(Status error) {
                unresolved++;
            }

            @Override
            public void requestConnection() {
                asked++;
            }

            @Override
            public void shutdown() {
                ended++;
                given.add(endpoint);
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

    private static final class Connected extends LoadBalancer.Subchannel {
        @Override
        public void requestConnection() {}

        @Override
        public void shutdown() {}

        @Override
        public Attributes getAttributes() {
            return Attributes.EMPTY;
        }
    }
}
