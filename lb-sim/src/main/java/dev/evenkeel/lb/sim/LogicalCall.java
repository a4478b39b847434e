package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.time.Scheduler.Scheduled;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of one caller, from the moment at which it is meant to be sent: the loop that an adapter runs, turned into
 * events. Mostly one attempt is under way; a second may be made beside it, and then the first good answer counts.
 */
final class LogicalCall {
    private static final Outcome DEADLINE = Outcome.of(Outcome.Kind.TIMED_OUT, "deadline");
    private static final Outcome CANCELLED = Outcome.of(Outcome.Kind.CANCELLED, "the caller is gone");

    private final Caller caller;
    private final Route route;
    private final Request request;
    private final Ending ending;
    private final long startNanos;
    private final List<Exchange> underWay = new ArrayList<>(1); // none while it waits for a retry
    private int attempts;
    private @Nullable Scheduled hedgeTimer;
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
        if (hop != null) {
            send(hop);
        } else if (!route.waitsToTryAgain(this::attempt)) {
            end("no endpoint");
        }
    }

    private void send(Route.Hop hop) {
        Exchange exchange = caller.exchange(this, hop, request.attemptKey(++attempts));
        underWay.add(exchange);
        caller.send(exchange);
        awaitHedge();
    }

    private void awaitHedge() {
        long delay = route.hedgeDelayNanos();
        hedgeTimer = delay == BalancedCall.NEVER ? null : caller.later(delay, this::hedge);
    }

    private void hedge() {
        Route.Hop hop = route.hedge();
        if (hop == null) {
            awaitHedge();
        } else {
            send(hop);
        }
    }

    /** Learns how an attempt ended. */
    void ended(Exchange exchange, Outcome outcome) {
        settle(exchange, outcome);
        if (ended) {
            return; // it was left to run to its end
        }
        if (outcome.kind().isAnswer()) { // an answer, though not always the one that was wanted
            end(outcome.equals(Outcome.SUCCESS) ? null : outcome.reason());
        } else if (underWay.isEmpty()) {
            cancelTimer();
            retry(outcome);
        }
    }

    private void retry(Outcome outcome) {
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
        giveUp(DEADLINE);
        if (!ended) {
            end(DEADLINE.reason());
        }
    }

    /** The caller is no more, so nobody is told of the end. */
    void cancel() {
        ended = true;
        cancelTimer();
        giveUp(CANCELLED);
    }

    private void giveUp(Outcome outcome) {
        if (underWay.isEmpty()) {
            return;
        }
        for (Exchange exchange : List.copyOf(underWay)) {
            if (outcome.kind() != Outcome.Kind.HEDGE_LOST || !exchange.hop().isDecisive()) {
                exchange.abandon();
                settle(exchange, outcome);
            }
        }
    }

    private void settle(Exchange exchange, Outcome outcome) {
        underWay.remove(exchange);
        caller.learn(exchange, outcome);
        exchange.hop().ended(outcome);
    }

    private void cancelTimer() {
        if (hedgeTimer != null) {
            hedgeTimer.cancel();
            hedgeTimer = null;
        }
    }

    private void end(@Nullable String failure) {
        ended = true;
        cancelTimer();
        giveUp(Outcome.HEDGE_LOST);
        ending.ended(this, failure);
    }

    /** Returns whether nothing of it is under way, not even an attempt that lost and runs to its end. */
    boolean isOver() {
        return ended && underWay.isEmpty();
    }

    Caller caller() {
        return caller;
    }

    Request request() {
        return request;
    }

    long startNanos() {
        return startNanos;
    }
}
