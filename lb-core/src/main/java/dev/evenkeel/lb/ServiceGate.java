package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.limit.InFlightLimit;
import dev.evenkeel.lb.observe.Event;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What every attempt of a service must pass before an endpoint is picked: the limit of attempts in flight, and the service's circuit
 * breaker. Nobody waits here: who may not pass is told at once. Safe for use by many threads; there is none where neither is set.
 */
final class ServiceGate {
    private final Cluster cluster;
    private final String service;
    private final BreakerTimer timer;
    private final @Nullable InFlightLimit limit;
    private final @Nullable Breaker breaker;
    private final AtomicInteger inFlight = new AtomicInteger();

    ServiceGate(
            Cluster cluster,
            String service,
            BreakerTimer timer,
            @Nullable InFlightLimit limit,
            @Nullable Breaker breaker) {
        this.cluster = cluster;
        this.service = service;
        this.timer = timer;
        this.limit = limit;
        this.breaker = breaker;
    }

    /** Begins an attempt. */
    @FunctionalInterface
    interface Start {
        /** Begins it with a permit of the half-open breaker, as {@link Attempt#SERVICE_PERMIT}, or with 0. */
        Attempt begin(int permit);
    }

    /**
     * Lets one attempt pass, which counts as in flight until it leaves.
     *
     * @throws NoEndpointException if it may not pass, or finds no endpoint
     */
    Attempt pass(long nowNanos, Start start) {
        boolean permitted = enter(nowNanos);
        try {
            return start.begin(permitted ? Attempt.SERVICE_PERMIT : 0);
        } catch (RuntimeException | Error e) {
            takeBack(permitted);
            throw e;
        }
    }

    /**
     * Returns whether one attempt more would be let through now. While the breaker is half-open it is not: what tries then are first
     * attempts.
     *
     * @param leaving how many of those in flight will have ended by then
     */
    boolean hasRoom(int leaving) {
        return (limit == null || limit.admits(Math.max(0, inFlight.get() - leaving)))
                && (breaker == null || breaker.isClosed());
    }

    /**
     * Lets one attempt pass, which counts as in flight until it leaves. Returns whether it holds a permit of the half-open breaker.
     *
     * @throws NoEndpointException if it may not pass; then it must not leave
     */
    private boolean enter(long nowNanos) {
        if (limit != null && !tryCount(limit)) {
            throw full(limit);
        }
        try {
            return takePermit(nowNanos);
        } catch (NoEndpointException e) {
            leave();
            throw e;
        }
    }

    private NoEndpointException full(InFlightLimit most) {
        return new NoEndpointException(
                NoEndpointException.Reason.LIMIT,
                service + " has " + most.max() + " attempts in flight, as many as maxInFlight allows");
    }

    /** Returns whether a permit was needed. */
    private boolean takePermit(long nowNanos) {
        if (breaker == null || breaker.isClosed()) {
            return false;
        }
        if (!breaker.tryAcquire()) {
            throw new NoEndpointException(
                    NoEndpointException.Reason.LIMIT, service + ": " + breaker.describe(nowNanos));
        }
        return true;
    }

    private boolean tryCount(InFlightLimit most) {
        int before;
        do {
            before = inFlight.get();
            if (!most.admits(before)) {
                return false;
            }
        } while (!inFlight.compareAndSet(before, before + 1));
        return true;
    }

    /**
     * Asks whether an attempt might pass now, and counts nothing. Returns whether it holds a permit of the half-open breaker.
     *
     * @throws NoEndpointException if it may not pass
     */
    boolean ask(long nowNanos) {
        if (limit != null && !limit.admits(inFlight.get())) {
            throw full(limit);
        }
        return takePermit(nowNanos);
    }

    /** Counts an attempt as in flight that was let pass before, whatever the limit says now. */
    void count() {
        if (limit != null) {
            inFlight.incrementAndGet();
        }
    }

    /** Learns that an attempt which had passed has ended. */
    void leave() {
        if (limit != null) {
            inFlight.decrementAndGet();
        }
    }

    /** Takes back that an attempt has passed, because it was not made after all. */
    private void takeBack(boolean permitted) {
        takeBackPermit(permitted);
        leave();
    }

    /** Takes back a permit that was given for asking. */
    void takeBackPermit(boolean permitted) {
        if (permitted && breaker != null) {
            breaker.release();
        }
    }

    /** Learns how an attempt was answered. */
    void learn(Attempt attempt, Outcome.Kind kind, long latencyNanos) {
        learn(attempt, kind, latencyNanos, attempt.hasServicePermit());
    }

    /** Learns that an answer which had begun broke off; its permit went with the beginning. */
    void learnBroken(Attempt attempt, Outcome.Kind kind, long elapsedNanos) {
        learn(attempt, kind, elapsedNanos, false);
    }

    private void learn(Attempt attempt, Outcome.Kind kind, long latencyNanos, boolean permitted) {
        if (breaker != null) {
            breaker.onOutcome(kind, attempt.startNanos(), latencyNanos, permitted);
            if (breaker.hasNews()) {
                timer.settle(breaker, new Herald(breaker));
            }
        }
    }

    /** Returns what is to be added to a description of the service: the state of the breaker, unless it is off or closed. */
    String describe(long nowNanos) {
        return breaker == null || breaker.isClosed() ? "" : ", " + breaker.describe(nowNanos);
    }

    /** Says what the breaker comes to; whoever enters sees it without being told. */
    private final class Herald implements BreakerTimer.Owner {
        private final Breaker of;

        Herald(Breaker of) {
            this.of = of;
        }

        @Override
        public boolean onState(Members members, long now) {
            cluster.announce(
                    switch (of.settledState()) {
                        case OPEN, FORCED_OPEN -> Event.Type.UNAVAILABLE;
                        case HALF_OPEN -> Event.Type.SUSPECTED;
                        case CLOSED, DISABLED, METRICS_ONLY -> Event.Type.AVAILABLE;
                    },
                    null,
                    of.describe(now));
            return false;
        }

        @Override
        public void onPermit() {} // who enters next takes it
    }
}
