package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryDecision;
import org.jspecify.annotations.Nullable;

/**
 * One call of one client, from the moment at which it is meant to be sent: the loop that an adapter runs, turned into
 * events.
 */
final class LogicalCall {
    private static final Outcome DEADLINE = Outcome.of(Outcome.Kind.TIMED_OUT, "deadline");

    private final Caller caller;
    private final Route route;
    private final long startNanos;
    private final long randomKey;
    private int attempts;
    private @Nullable Exchange current; // null while it waits for a retry
    private boolean ended;

    LogicalCall(Caller caller, Route route, long startNanos, long randomKey) {
        this.caller = caller;
        this.route = route;
        this.startNanos = startNanos;
        this.randomKey = randomKey;
    }

    /** Makes an attempt, unless the call ended while it waited for it. */
    void attempt() {
        if (ended) {
            return;
        }
        Route.Hop hop = route.next();
        if (hop == null) {
            waitForSomebody();
            return;
        }
        current = caller.exchange(this, hop, SplitMix64.mix(randomKey + ++attempts), SplitMix64.unit(randomKey));
        current.send();
    }

    private void waitForSomebody() {
        if (route.waitNanos() == 0) {
            end("no endpoint");
        } else {
            caller.later(route.waitNanos(), this::attempt);
        }
    }

    /** Learns how the current attempt ended. */
    void ended(Exchange exchange, Outcome outcome) {
        settle(exchange, outcome);
        if (outcome.kind() == Outcome.Kind.SUCCESS) {
            end(null);
            return;
        }
        RetryDecision decision = route.after(outcome);
        if (!decision.isRetry()) {
            end(outcome.reason());
        } else if (decision.delayNanos() == 0) {
            attempt();
        } else {
            caller.later(decision.delayNanos(), this::attempt);
        }
    }

    /** The caller waits no longer. */
    void expire() {
        if (ended) {
            return;
        }
        if (current != null) {
            current.abandon();
            settle(current, DEADLINE);
        }
        end(DEADLINE.reason());
    }

    private void settle(Exchange exchange, Outcome outcome) {
        current = null;
        caller.learn(exchange, outcome);
        route.ended(outcome);
    }

    private void end(@Nullable String failure) {
        ended = true;
        caller.ended(this, failure);
    }

    boolean hasEnded() {
        return ended;
    }

    long startNanos() {
        return startNanos;
    }
}
