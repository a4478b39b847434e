package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancerBuilder;

/** With retries and their budget, as they are by default. */
public class RetryInteropTest extends PlainInteropTest {
    @Override
    LoadBalancerBuilder settings(LoadBalancerBuilder defaults) {
        return defaults;
    }
}
