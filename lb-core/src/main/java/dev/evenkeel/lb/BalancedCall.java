package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.retry.RetryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * One logical request across its attempts. An adapter's loop is: {@link #nextAttempt}, send, {@link Attempt#complete},
 * {@link #retryAfter}, and again if that says so.
 *
 * <p>Used by one thread at a time; its attempts may be completed by any. It holds nothing that needs closing.
 */
public final class BalancedCall implements PickContext {
    private final LoadBalancerView view;
    private final RequestInfo request;
    private @Nullable Attempt last;

    BalancedCall(LoadBalancerView view, RequestInfo request) {
        this.view = view;
        this.request = request;
    }

    /**
     * Picks an endpoint for the next attempt: one that this call has not tried, as long as such a one is available.
     *
     * @return an attempt, which counts as in flight until it is completed
     * @throws NoEndpointException if there is no endpoint that could be picked, or a limit or a circuit breaker of the service forbids
     *     the attempt; the message says which
     */
    public Attempt nextAttempt() {
        Engine engine = view.engine();
        long now = engine.nowNanos();
        ServiceGate gate = engine.gate;
        if (gate == null) {
            return begin(now, 0);
        }
        boolean permitted = gate.enter(now);
        try {
            return begin(now, permitted ? Attempt.SERVICE_PERMIT : 0);
        } catch (RuntimeException | Error e) {
            gate.takeBack(permitted);
            throw e;
        }
    }

    /** Only the first attempt of a call tries an endpoint that is out: a call must not fail by that alone. */
    private Attempt begin(long now, int permit) {
        Attempt previous = last;
        int special = permit;
        TrackedNode node = previous == null ? view.takeProbe(now) : null;
        if (node != null) {
            special |= Attempt.PROBE;
        } else {
            node = previous == null ? view.takeTrial(now) : null;
            if (node != null) {
                special |= Attempt.TRIAL;
            } else {
                node = view.pick(this, now);
            }
        }
        Attempt attempt = new Attempt(this, node, now, previous, special);
        last = attempt;
        return attempt;
    }

    /**
     * Decides whether to try again after the latest attempt ended so. A yes has been paid for from the retry budget, so it is asked
     * once for each attempt. The caller waits for the decision's delay; the core never does.
     */
    public RetryDecision retryAfter(Outcome outcome) {
        Attempt attempt = last;
        if (attempt == null) {
            throw new IllegalStateException("retryAfter() was called before nextAttempt()");
        }
        Engine engine = view.engine();
        long now = engine.nowNanos();
        RetryDecision decision =
                engine.settings.retry().decide(outcome, request, progress(attempt, now), engine.environment.random());
        if (!decision.isRetry()) {
            return decision;
        }
        boolean free = decision.kind() == RetryDecision.Kind.FREE_RETRY;
        if (free) {
            attempt.repeatForFree();
        } else if (!engine.withdrawRetry(now)) {
            return RetryDecision.BUDGET_EXHAUSTED;
        }
        String why = outcome.reason() + (free ? ", not charged to the budget" : "");
        engine.announce(new Event(Event.Type.RETRY, engine.announcer.service(), attempt.endpoint(), why));
        return decision;
    }

    private RetryPolicy.Progress progress(Attempt latest, long nowNanos) {
        int paid = 0;
        boolean freeUsed = false;
        Attempt first = latest;
        for (Attempt attempt = latest; attempt != null; attempt = attempt.previous()) {
            paid += attempt.isRepeatedForFree() ? 0 : 1;
            freeUsed |= attempt.isRepeatedForFree();
            first = attempt;
        }
        long remaining = request.timeoutNanos() == RequestInfo.NO_TIMEOUT
                ? RequestInfo.NO_TIMEOUT
                : request.timeoutNanos() - (nowNanos - first.startNanos());
        return new RetryPolicy.Progress(paid, freeUsed, latest.isProbe(), view.hasUntried(this), remaining);
    }

    @Override
    public RequestInfo request() {
        return request;
    }

    @Override
    public boolean hasTried(Node node) {
        for (Attempt attempt = last; attempt != null; attempt = attempt.previous()) {
            if (attempt.node() == node) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isFirstPick() {
        return last == null;
    }

    Engine engine() {
        return view.engine();
    }
}
