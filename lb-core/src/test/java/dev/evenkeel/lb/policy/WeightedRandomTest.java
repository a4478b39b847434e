package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.PolicyContract;

class WeightedRandomTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return LoadBalancingPolicy.weightedRandom();
    }
}
