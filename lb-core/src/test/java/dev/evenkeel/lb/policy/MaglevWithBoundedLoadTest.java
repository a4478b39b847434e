package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.KeyedPolicyContract;

/** While nobody is full a bound changes nothing that a policy by key promises. */
class MaglevWithBoundedLoadTest implements KeyedPolicyContract {
    @Override
    public Maglev policy() {
        return LoadBalancingPolicy.maglev().boundedLoad(1.25);
    }

    /** The table is exact to 1 in 6,500; the rest is the accident of which keys a test draws. */
    @Override
    public double unevenness() {
        return 0.05;
    }
}
