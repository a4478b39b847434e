package dev.evenkeel.examples;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.testkit.PolicyContract;

/** What every policy promises, ours and yours: the tests are inherited. */
class CustomPolicyContractTest implements PolicyContract {
    @Override
    public LoadBalancingPolicy policy() {
        return new CustomPolicy(2);
    }

    @Override
    public boolean honoursWeights() {
        return false;
    }
}
