package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.KeyedPolicyContract;

/** While nobody is full a bound changes nothing that a policy by key promises. */
class RendezvousWithBoundedLoadTest implements KeyedPolicyContract {
    @Override
    public Rendezvous policy() {
        return LoadBalancingPolicy.rendezvous().boundedLoad(1.25);
    }

    /** Nothing but the accident of which keys a test draws. */
    @Override
    public double unevenness() {
        return 0.05;
    }
}
