package dev.evenkeel.lb;

import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.time.Environment;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;

/**
 * Lets the time of circuit breakers pass, on our own scheduler, and tells their owners of each new state. All changes of a breaker are
 * settled under the cluster's lock, so in one order.
 */
final class BreakerTimer {
    private final Cluster cluster;
    private final Environment environment;

    BreakerTimer(Cluster cluster, Environment environment) {
        this.cluster = cluster;
        this.environment = environment;
    }

    /** Who acts on what a breaker comes to. Called under the cluster's lock. */
    interface Owner {
        /** Learns that the breaker has come to another state, and returns whether the views must be rebuilt. */
        boolean onState(Members members, long nowNanos);

        /** Learns that the breaker is still half-open, and that one attempt more may try. */
        void onPermit();
    }

    /** Has its owner act on the state that a breaker has come to, unless that has been done. */
    void settle(Breaker breaker, Owner owner) {
        cluster.tellOfAll((members, now) -> settle(breaker, owner, members, now));
    }

    private boolean settle(Breaker breaker, Owner owner, Members members, long now) {
        if (!breaker.settle(now, environment.random())) {
            return false;
        }
        arm(breaker, owner);
        return owner.onState(members, now);
    }

    private void arm(Breaker breaker, Owner owner) {
        if (breaker.settledState() != CircuitBreaker.State.CLOSED) {
            int spell = breaker.spell();
            environment
                    .scheduler()
                    .schedule(
                            breaker.patienceNanos(),
                            () -> cluster.tellOfAll((members, now) ->
                                    breaker.spell() == spell && timeIsUp(breaker, owner, members, now)));
        }
    }

    private boolean timeIsUp(Breaker breaker, Owner owner, Members members, long now) {
        breaker.timeIsUp();
        if (breaker.hasNews()) {
            return settle(breaker, owner, members, now);
        }
        arm(breaker, owner);
        owner.onPermit();
        return false;
    }
}
