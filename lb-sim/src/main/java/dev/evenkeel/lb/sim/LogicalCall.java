package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryDecision;
import org.jspecify.annotations.Nullable;

/**
 * One call of one caller, from the moment at which it is meant to be sent: the loop that an adapter runs, turned into
 * events.
 */
final class LogicalCall {
    private static final Outcome DEADLINE = Outcome.of(Outcome.Kind.TIMED_OUT, "deadline");
    private static final Outcome CANCELLED = Outcome.of(Outcome.Kind.CANCELLED, "the caller is gone");

    private final Caller caller;
    private final Route route;
    private final Request request;
    private final Ending ending;
    private final long startNanos;
    private int attempts;
    private @Nullable Exchange current; // null while it waits for a retry
    private boolean ended;

    /** Learns how calls end. */
    @FunctionalInterface
    interface Ending {
        /**
         * Learns that a call ended.
         *
         * @param failure why it failed; null if it did not
         */
        void ended(LogicalCall call, @Nullable String failure);
    }

    LogicalCall(Caller caller, Route route, Request request, Ending ending) {
        this.caller = caller;
        this.route = route;
        this.request = request;
        this.ending = ending;
        this.startNanos = caller.nowNanos();
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
        current = caller.exchange(this, hop, request.attemptKey(++attempts));
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
        if (!ended) {
            giveUp(DEADLINE);
            end(DEADLINE.reason());
        }
    }

    /** The caller is no more, so nobody is told of the end. */
    void cancel() {
        if (!ended) {
            giveUp(CANCELLED);
            ended = true;
        }
    }

    private void giveUp(Outcome why) {
        if (current != null) {
            current.abandon();
            settle(current, why);
        }
    }

    private void settle(Exchange exchange, Outcome outcome) {
        current = null;
        caller.learn(exchange, outcome);
        route.ended(outcome);
    }

    private void end(@Nullable String failure) {
        ended = true;
        ending.ended(this, failure);
    }

    boolean hasEnded() {
        return ended;
    }

    Request request() {
        return request;
    }

    long startNanos() {
        return startNanos;
    }
}
