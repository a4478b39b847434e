package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.PolicyContract;

class RoundRobinTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return LoadBalancingPolicy.roundRobin();
    }

    @Override
    public boolean honoursWeights() {
        return false;
    }
}
