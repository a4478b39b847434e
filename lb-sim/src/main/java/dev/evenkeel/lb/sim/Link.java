package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerBuilder;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * How the servers of one tier call those of the next.
 *
 * @param firstServer the index of the first server of the next tier
 * @param deadline the time for one such call with all its attempts
 * @param settings what is set for the calling servers' load balancers, besides what is set for all
 */
record Link(int firstServer, Duration deadline, UnaryOperator<LoadBalancerBuilder> settings) {
    Link {
        Check.positive("deadline", deadline);
    }
}
