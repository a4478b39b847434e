package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.PolicyContract;

class LeastLoadedOfThreeTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).draws(3);
    }
}
