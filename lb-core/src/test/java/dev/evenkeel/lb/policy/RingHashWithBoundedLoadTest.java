package dev.evenkeel.lb.policy;

import dev.evenkeel.lb.testkit.KeyedPolicyContract;

/** While nobody is full a bound changes nothing that a policy by key promises. */
class RingHashWithBoundedLoadTest implements KeyedPolicyContract {
    /** A ring that is not the largest, as 8 million points take seconds, which {@link RingHashTest} has spent. */
    @Override
    public RingHash policy() {
        return LoadBalancingPolicy.ringHash().size(1024, 200_000).boundedLoad(1.25);
    }

    /** About 100 points for a tenth of the weight, so a standard deviation of a tenth. */
    @Override
    public double unevenness() {
        return 0.35;
    }
}
