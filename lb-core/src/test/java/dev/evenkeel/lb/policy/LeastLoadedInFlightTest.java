package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.PolicyContract;

class LeastLoadedInFlightTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT);
    }
}
