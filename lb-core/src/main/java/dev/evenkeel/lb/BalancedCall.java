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
    /** The {@link #hedgeDelayNanos} of a call that makes one attempt at a time. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Timers are not finer. */
    private static final double SHORTEST_GUARD_NANOS = 1e6;

    /** What took longer was no refusal, but a connection that timed out. Guessed: a few round trips around the world. */
    private static final long QUICK_REFUSAL_NANOS = 1_000_000_000L;

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
        last = gate == null ? begin(now, 0) : gate.pass(now, permit -> begin(now, permit));
        return last;
    }

    /**
     * Only the first attempt of a call goes by its session, and one after it that found a dead connection there or was not looked at; and only
     * the first tries an endpoint that is out, as a call must not fail by that alone.
     */
    private Attempt begin(long now, int permit) {
        Attempt previous = last;
        boolean bySession = previous == null || previous.mayGoBack();
        TrackedNode home = bySession ? view.takeHome(request, now) : null;
        if (home != null) {
            return new Attempt(this, home, now, previous, permit);
        }
        boolean begins = previous == null && view.beginsSession(request, now);
        int special = begins ? permit | Attempt.BEGINS_SESSION : permit;
        TrackedNode node = previous == null ? view.takeProbe(this, now) : null;
        if (node != null) {
            special |= Attempt.PROBE;
        } else {
            node = previous == null ? view.takeTrial(this, now) : null;
            if (node != null) {
                special |= Attempt.TRIAL;
            } else {
                node = view.pick(this, special, now);
                if (previous == null && node.ledger().isOnTrial(now) && mayGuard()) {
                    special |= Attempt.DOUBTED;
                }
            }
        }
        if (begins) {
            view.countSession(node, now);
        }
        return new Attempt(this, node, now, previous, special);
    }

    /**
     * Decides whether to try again after the latest attempt ended so. A yes has been paid for from the retry budget, so it is asked
     * once for each attempt. The caller waits for the decision's delay; the core never does.
     */
    public RetryDecision retryAfter(Outcome outcome) {
        Attempt attempt = latest("retryAfter()");
        Engine engine = view.engine();
        long now = engine.nowNanos();
        RetryDecision decision = engine.settings
                .retry()
                .decide(outcome, request, progress(attempt, outcome, now), engine.environment.random());
        if (!decision.isRetry()) {
            return decision;
        }
        if (decision.kind() == RetryDecision.Kind.FREE_RETRY) {
            attempt.repeatForFree(outcome.kind() != Outcome.Kind.CONNECT_FAILED);
            engine.announceFreeRetry(attempt.endpoint(), outcome.reason());
            return decision;
        }
        if (engine.gate != null && !engine.gate.hasRoom(attempt.isComplete() ? 0 : 1)) {
            return RetryDecision.LIMITED;
        } else if (!engine.withdrawRetry(now)) {
            return RetryDecision.BUDGET_EXHAUSTED;
        }
        engine.announceRetry(attempt.endpoint(), outcome.reason());
        return decision;
    }

    /**
     * Returns whether this call may make an attempt while another one is under way: hedging or an attempt timeout is set, and the request
     * may be sent twice.
     */
    public boolean mayHedge() {
        return view.engine().hedges != null && request.idempotent() && request.replayable();
    }

    /**
     * Returns how long from now to wait for an answer before {@link #hedge} is worth asking, in nanoseconds, or {@link #NEVER}. To be asked
     * after each attempt, and after each refusal.
     *
     * @throws IllegalStateException if no attempt has been made
     */
    public long hedgeDelayNanos() {
        Attempt latest = latest("hedgeDelayNanos()");
        Hedges hedges = view.engine().hedges;
        if (latest.isDoubted()) {
            return (long) Math.max(SHORTEST_GUARD_NANOS, view.engine().usual.expectedNanos());
        }
        Trail trail = Trail.of(latest);
        return hedges == null || !mayHedge() || trail.paid() >= maxAttempts()
                ? NEVER
                : hedges.delayNanos(view.engine().nowNanos() - latest.startNanos(), trail.hedged() || isOfSession());
    }

    /**
     * Makes another attempt while those before it are still waited for: at an endpoint that this call has not tried, and paid for from the
     * retry budget. The first good answer is the call's; what is given up then is completed with {@link Outcome#HEDGE_LOST}, unless it
     * {@link Attempt#isDecisive}. {@link #retryAfter} is asked only when no attempt is under way any more.
     *
     * @return null if there is to be none for now; the call waits on
     * @throws IllegalStateException if no attempt has been made
     */
    public @Nullable Attempt hedge() {
        Attempt waitedFor = latest("hedge()");
        Engine engine = view.engine();
        Hedges hedges = engine.hedges;
        long now = engine.nowNanos();
        if (waitedFor.isDoubted()) {
            return guard(waitedFor, now);
        }
        if (hedges == null || !mayHedge()) {
            return null;
        }
        long waited = now - waitedFor.startNanos();
        boolean late = hedges.isLate(waited);
        if (waitedFor.previous() == null) {
            hedges.learnWaiting(waitedFor, waited);
        }
        Trail trail = Trail.of(waitedFor);
        boolean overdue = hedges.isOverdue(waited);
        if (!(overdue || (late && !trail.hedged() && !isOfSession()))
                || trail.paid() >= maxAttempts()
                || remainingNanos(trail, now) <= 0
                || !view.hasUntried(this)
                || (engine.gate != null && !engine.gate.hasRoom(0))
                || !(overdue ? hedges.mayReplace() && engine.withdrawRetry(now) : hedges.mayHedge(now))) {
            return null;
        }
        return beside(waitedFor, overdue ? 0 : Attempt.HEDGE, now);
    }

    /**
     * Returns whether the call's only attempt tries an endpoint that failed or was far slower than others when something was last heard of it. So
     * that the caller does not pay for that, the attempt should be waited for as one that {@link #mayHedge}: {@link #hedgeDelayNanos} and {@link
     * #hedge} then do so, also where hedging is off. A transport that cannot make attempts beside each other waits as ever.
     */
    public boolean isOnTrial() {
        Attempt latest = last;
        return latest != null && latest.isDoubted();
    }

    /** Where hedging or an attempt timeout is set, it guards trials as well. The calls of a session are to see one endpoint. */
    private boolean mayGuard() {
        return view.engine().hedges == null
                && request.idempotent()
                && request.replayable()
                && maxAttempts() > 1
                && !isOfSession();
    }

    /** Makes a second attempt beside a trial; tokens of the budget are left for retries. */
    private @Nullable Attempt guard(Attempt trial, long now) {
        Engine engine = view.engine();
        boolean mayBe = remainingNanos(Trail.of(trial), now) > 0
                && view.hasUntried(this)
                && (engine.gate == null || engine.gate.hasRoom(0))
                && engine.canSpareRetry(now)
                && engine.withdrawRetry(now);
        return mayBe ? beside(trial, 0, now) : null;
    }

    /** Returns null where somebody else was faster; the token is lost then. */
    private @Nullable Attempt beside(Attempt waitedFor, int special, long now) {
        Engine engine = view.engine();
        ServiceGate gate = engine.gate;
        Attempt attempt;
        try {
            attempt = gate == null
                    ? beginBeside(waitedFor, special, now)
                    : gate.pass(now, permit -> beginBeside(waitedFor, special | permit, now));
        } catch (NoEndpointException e) {
            return null;
        }
        last = attempt;
        engine.announce(new Event(
                Event.Type.HEDGE,
                engine.announcer.service(),
                waitedFor.endpoint(),
                "no answer in " + Text.millis(now - waitedFor.startNanos()) + ", asks " + attempt.endpoint()
                        + " as well"));
        return attempt;
    }

    private Attempt beginBeside(Attempt waitedFor, int special, long now) {
        return new Attempt(this, view.pickUntried(this, now), now, waitedFor, special);
    }

    private RetryPolicy.Progress progress(Attempt latest, Outcome outcome, long nowNanos) {
        Trail trail = Trail.of(latest);
        return new RetryPolicy.Progress(
                trail.paid(),
                trail.free(),
                latest.isProbe(),
                view.hasUntried(this, outcome),
                mayWalkOn(latest, outcome, nowNanos),
                remainingNanos(trail, nowNanos));
    }

    /** A refusal that came at once has cost next to nothing; one that took its time is one of the attempts that a call has. */
    private boolean mayWalkOn(Attempt latest, Outcome outcome, long nowNanos) {
        return outcome.kind() == Outcome.Kind.CONNECT_FAILED
                && nowNanos - latest.startNanos() <= QUICK_REFUSAL_NANOS
                && view.hasUntriedThatConnects(this);
    }

    private long remainingNanos(Trail trail, long nowNanos) {
        return request.timeoutNanos() == RequestInfo.NO_TIMEOUT
                ? RequestInfo.NO_TIMEOUT
                : request.timeoutNanos() - (nowNanos - trail.startNanos());
    }

    /** What only one endpoint knows, another one answers as quickly as wrongly. */
    private boolean isOfSession() {
        return view.engine().sessions != null && request.destination().session() != null;
    }

    private int maxAttempts() {
        return view.engine().settings.retry().maxAttempts();
    }

    private Attempt latest(String method) {
        Attempt latest = last;
        if (latest == null) {
            throw new IllegalStateException(method + " was called before nextAttempt()");
        }
        return latest;
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

    LoadBalancerView view() {
        return view;
    }
}
