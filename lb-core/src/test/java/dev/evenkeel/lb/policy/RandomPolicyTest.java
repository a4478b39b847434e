package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.PolicyContract;

class RandomPolicyTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return LoadBalancingPolicy.random();
    }

    @Override
    public boolean honoursWeights() {
        return false;
    }
}
