package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.PolicyContract;

class WeightedRoundRobinTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return LoadBalancingPolicy.weightedRoundRobin();
    }
}
