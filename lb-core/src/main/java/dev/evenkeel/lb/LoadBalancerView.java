package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A service as one transport sees it: the same endpoints, health, latencies and retry budget as every other view of it, and
 * connections of its own. A transport that keeps its own connections, such as a gRPC channel, opens one and reports which endpoints it
 * is connected to; only those are picked. Safe for use by many threads; whoever opens a view closes it.
 */
public final class LoadBalancerView implements AutoCloseable {
    private final Engine engine;
    private final Runnable onChange;
    private final @Nullable Mailbox<Runnable> changes; // null where nobody needs to be told
    private final @Nullable Readiness reported; // null where the transport connects on demand
    private final BalancedCall noCall; // the plain view's: of attempts whose call only the transport knows
    private volatile Snapshot snapshot; // written under the cluster's lock
    private volatile boolean outdated; // the policy failed to make a newer one
    private volatile int version; // written after the snapshot, under the cluster's lock
    private int slot; // written under the cluster's lock, before there is anybody to pick

    private LoadBalancerView(
            Engine engine, @Nullable LoadBalancerView plain, @Nullable Readiness reported, Runnable onChange) {
        this.engine = engine;
        this.reported = reported;
        this.onChange = onChange;
        this.changes = reported == null ? null : engine.announcer.openMailbox();
        this.noCall = plain == null ? new BalancedCall(this, RequestInfo.NON_IDEMPOTENT) : plain.noCall;
        this.snapshot = Snapshot.EMPTY;
    }

    /** Opens a view whose transport connects when it has to. */
    static LoadBalancerView connectingOnDemand(Engine engine) {
        return opened(new LoadBalancerView(engine, null, null, () -> {}));
    }

    /** Opens a view in which nothing is ready yet. */
    static LoadBalancerView reportingReadiness(Engine engine, LoadBalancerView plain, Runnable onChange) {
        return opened(new LoadBalancerView(engine, plain, new Readiness(engine), onChange));
    }

    private static LoadBalancerView opened(LoadBalancerView view) {
        view.engine.cluster.open(view);
        return view;
    }

    /** Begins a call; see {@link LoadBalancer#newCall}. */
    public BalancedCall newCall(RequestInfo request) {
        return new BalancedCall(this, request);
    }

    /**
     * Picks an endpoint and counts nothing in flight, for a transport that may never send the request: see {@link Pick}. It prefers what
     * the call has not tried. Allocates nothing, unless an endpoint is being tried after it was out.
     *
     * @throws NoEndpointException as {@link BalancedCall#nextAttempt}
     */
    public Pick pick(PickContext context) {
        long now = engine.nowNanos();
        ServiceGate gate = engine.gate;
        if (gate == null) {
            return pick(context, 0, now);
        }
        boolean permitted = gate.ask(now);
        try {
            return pick(context, permitted ? Attempt.SERVICE_PERMIT : 0, now);
        } catch (RuntimeException | Error e) {
            gate.takeBackPermit(permitted);
            throw e;
        }
    }

    private Pick pick(PickContext context, int permit, long now) {
        Snapshot from = snapshot;
        int special = permit;
        if (context.isFirstPick()) {
            TrackedNode home = home(context.request(), now);
            if (home != null) {
                return permit == 0 ? home.pick(this) : new Pick(this, home, permit);
            }
            special |= beginsSession(context.request(), now) ? Attempt.BEGINS_SESSION : 0;
            TrackedNode out = engine.connects.takeProbe(this, context);
            if (out != null) {
                return new Pick(this, out, special | Attempt.PROBE);
            }
            out = engine.breakers == null ? null : engine.breakers.takePermit(this, context);
            if (out != null) {
                return new Pick(this, out, special | Attempt.TRIAL);
            }
        }
        TrackedNode node = part(from, context, special).choose(context, now);
        if (node == null) {
            node = from.elsewhere(context, other -> other.choose(context, now));
        }
        if (node == null) {
            throw Shortage.of(this, from, context);
        }
        return special == 0 ? node.pick(this) : new Pick(this, node, special);
    }

    /** Returns from what an attempt is picked, by what is special about it. */
    private static Snapshot part(Snapshot from, PickContext call, int special) {
        Snapshot part = from.forCall(call);
        return (special & Attempt.BEGINS_SESSION) == 0 ? part : part.forBeginning();
    }

    /** Returns whether a session begins with a request that has no home. */
    boolean beginsSession(RequestInfo request, long nowNanos) {
        return engine.sessions != null && engine.sessions.isBegunBy(request, this, nowNanos);
    }

    /**
     * Picks this very endpoint, whatever is held against it, for a request that must not go anywhere else. Counts nothing in flight, as
     * {@link #pick}.
     *
     * @return null if the endpoint is not in the list, or this view's transport is not connected to it
     * @throws NoEndpointException if a limit in flight has been reached, or the service's circuit breaker is open
     */
    public @Nullable Pick pinned(String endpointId) {
        TrackedNode node = engine.cluster.find(endpointId);
        if (node == null || !isReady(node)) {
            return null;
        }
        if (!node.hasRoom()) {
            throw new NoEndpointException(
                    NoEndpointException.Reason.LIMIT,
                    engine.announcer.service() + ": " + node.endpoint()
                            + " has as many attempts in flight as maxInFlightPerEndpoint allows");
        }
        boolean permitted = engine.gate != null && engine.gate.ask(engine.nowNanos());
        return permitted ? new Pick(this, node, Attempt.SERVICE_PERMIT) : node.pick(this);
    }

    /**
     * Decides whether a transport that repeats requests by itself should repeat this one. Takes nothing from the retry budget, so that it
     * may be asked for a retry which then is not made; {@link #chargeRetry} takes it.
     *
     * @param outcome how the latest attempt ended
     * @param progress what the call has done so far
     */
    public RetryDecision decideRetry(Outcome outcome, RequestInfo request, RetryPolicy.Progress progress) {
        RetryDecision decision =
                engine.settings.retry().decide(outcome, request, progress, engine.environment.random());
        if (decision.kind() != RetryDecision.Kind.RETRY) {
            return decision;
        }
        if (engine.gate != null && !engine.gate.hasRoom(1)) {
            return RetryDecision.LIMITED;
        }
        return engine.canRetry(engine.nowNanos()) ? decision : RetryDecision.BUDGET_EXHAUSTED;
    }

    /**
     * Takes the token for a retry that is about to be made out of the service's budget, and returns whether there was one. If
     * there was none, it must not be made.
     *
     * @param failed where the attempt went that is being repeated; null if not known
     * @param why why it is repeated, in a few words
     */
    public boolean chargeRetry(@Nullable Endpoint failed, String why) {
        if (!engine.withdrawRetry(engine.nowNanos())) {
            return false;
        }
        engine.announceRetry(failed, why);
        return true;
    }

    /**
     * Does the same for a hedge: an attempt beside others of its call that are still waited for. It is announced as {@code HEDGE}.
     *
     * @param waitedFor where the call's latest attempt went; null if not known
     * @param why why another is made, in a few words
     */
    public boolean chargeHedge(@Nullable Endpoint waitedFor, String why) {
        if (!engine.withdrawRetry(engine.nowNanos())) {
            return false;
        }
        engine.announceHedge(waitedFor, why);
        return true;
    }

    /**
     * Notes a retry that is about to be made and costs nothing, by {@link RetryDecision.Kind#FREE_RETRY}.
     *
     * @param failed where the attempt went that is being repeated; null if not known
     * @param why why it is repeated, in a few words
     */
    public void noteFreeRetry(@Nullable Endpoint failed, String why) {
        engine.announceFreeRetry(failed, why);
    }

    /** Returns a number that is another one after each change of who can be picked. */
    public int version() {
        return version;
    }

    /**
     * Returns whether a call that finds nobody to pick might yet: because there are endpoints that it may be sent to, and that this view's transport may
     * be connected to, or be by now. Those that drain are not among them. Not where the policy failed to make a picker; nobody knows whether it
     * will not fail again.
     *
     * @param mayConnect whether the transport is connected to an endpoint, is connecting, or has yet to begin, rather than having failed
     */
    public boolean isWorthWaiting(PickContext call, Predicate<Endpoint> mayConnect) {
        if (version == 0) {
            return true; // the view was opened, and its first snapshot is to come
        }
        return !outdated
                && snapshot.mightUse(call, node -> !node.isOut(OutReason.DRAINING) && mayConnect.test(node.endpoint()));
    }

    /** Returns what is held against an endpoint in this view; null if it is not in the list. */
    public @Nullable Availability availability(String endpointId) {
        TrackedNode node = engine.cluster.find(endpointId);
        return node == null ? null : availability(node);
    }

    /** Returns whether there is an endpoint to pick that the call has not tried. */
    public boolean hasUntried(PickContext context) {
        return snapshot.ofSubset(context).hasUntried(context);
    }

    /**
     * Returns whether there is an endpoint to pick that the call has not tried, and where it makes sense to go after an attempt that ended so: one
     * that pushed back is not followed by another that asked for a pause itself.
     */
    public boolean hasUntried(PickContext context, Outcome outcome) {
        return snapshot.ofSubset(context).hasUntried(context, outcome.kind() != Outcome.Kind.PUSHBACK);
    }

    /** Returns whether there is an endpoint to pick that the call has not tried, and to which connections are not known to fail. */
    boolean hasUntriedThatConnects(PickContext context) {
        return snapshot.ofSubset(context).hasUntriedThatConnects(context);
    }

    /** Returns whether there is an endpoint to pick that asked for no pause. */
    boolean hasOneNotPushedBack() {
        return snapshot.hasOneNotPushedBack();
    }

    /** Returns whether there is an endpoint to pick, be it one that has no room just now. */
    boolean hasCandidates() {
        return !candidates().nodes().isEmpty();
    }

    /** Returns whether an endpoint with nothing against it can be picked; where there is none, what is out may be picked instead. */
    public boolean hasAvailable() {
        return candidates().available() > 0;
    }

    /**
     * Reports that this view's transport is connected to an endpoint, or no longer. What is said of an endpoint that is not in the list
     * has no effect: a late connection does not bring back an endpoint that was removed.
     *
     * @throws IllegalStateException if this view's transport connects on demand
     */
    public void setReady(Endpoint endpoint, boolean isReady) {
        reported("readiness is").set(this, endpoint, isReady);
    }

    private Readiness reported(String what) {
        if (reported == null) {
            throw new IllegalStateException("this view connects on demand, " + what + " not reported to it");
        }
        return reported;
    }

    /**
     * Reports that this view's transport has lost its connection to an endpoint and failed to make another. If no view is connected there, the
     * process is not there any more; as soon as one is again, there is another, of which nothing is known. What was held against the last one
     * ends, be it ejected or its breaker open. A transport must not say this of connections that servers end now and then.
     *
     * @throws IllegalStateException if this view's transport connects on demand
     */
    public void lost(Endpoint endpoint) {
        reported("lost connections are").lost(endpoint);
    }

    /**
     * Reports that this view's transport tried to connect to an endpoint, and failed. If no view is connected there the endpoint is out, as after a
     * refused request, although no request has met it, until a view is connected again. The transport goes on trying.
     *
     * @param why why it failed, in a few words
     * @throws IllegalStateException if this view's transport connects on demand
     */
    public void unreachable(Endpoint endpoint, String why) {
        reported("failed connections are").unreachable(endpoint, why);
    }

    /** Returns whether the load balancer is closed, so that nobody will be picked any more. */
    public boolean isClosed() {
        return engine.cluster.isClosed();
    }

    /** Returns every endpoint in the list with its state in this view. Never waits, so picks may follow a moment later. */
    public List<EndpointStatus> endpoints() {
        return engine.cluster.look(this::statuses);
    }

    /** Does the same, but waits until picks follow. */
    List<EndpointStatus> settledEndpoints() {
        return engine.cluster.read(this::statuses);
    }

    private List<EndpointStatus> statuses(Members members, long now) {
        Shares shares = Shares.of(members.nodes());
        return members.nodes().stream()
                .map(node -> node.status(availability(node), shares, now))
                .toList();
    }

    /** Takes this view out of service: its calls find no endpoint any more. The service and its other views go on. */
    @Override
    public void close() {
        engine.cluster.close(this);
        if (reported != null) {
            reported.forgetAll();
        }
    }

    Engine engine() {
        return engine;
    }

    /** Returns what stands for a call that only the transport knows. */
    BalancedCall noCall() {
        return noCall;
    }

    /** Returns the view's number among those that are open, from 0 on; one that is closed leaves its to another. */
    int slot() {
        return slot;
    }

    void setSlot(int newSlot) {
        slot = newSlot;
    }

    /** Returns the node for the call's next attempt, by what is special about it; it counts as in flight there. */
    TrackedNode pick(BalancedCall call, int special, long nowNanos) {
        Snapshot from = snapshot;
        TrackedNode node = part(from, call, special).pick(call, nowNanos);
        if (node == null) {
            node = from.elsewhere(call, other -> other.pick(call, nowNanos));
        }
        if (node == null) {
            throw Shortage.of(this, from, call);
        }
        return node;
    }

    /** Returns a node for another attempt beside those that are under way, which counts as in flight there. */
    TrackedNode pickUntried(BalancedCall call, long nowNanos) {
        TrackedNode node = snapshot.forCall(call).pickUntried(call, nowNanos);
        if (node == null) {
            throw new NoEndpointException(NoEndpointException.Reason.NOBODY, "all endpoints have been tried");
        }
        return node;
    }

    /** Returns the node where the request's session lives, counted as in flight there; or null, the rule. */
    @Nullable
    TrackedNode takeHome(RequestInfo request, long nowNanos) {
        TrackedNode home = home(request, nowNanos);
        return home != null && home.tryStart(nowNanos) ? home : null;
    }

    private @Nullable TrackedNode home(RequestInfo request, long nowNanos) {
        return engine.sessions == null ? null : engine.sessions.home(request, this, nowNanos);
    }

    /** Counts a session that begins at a node with an attempt that is made there now. */
    void countSession(TrackedNode node, long nowNanos) {
        if (engine.sessions != null) {
            engine.sessions.begins(node, nowNanos);
        }
    }

    /** Returns a node that refused connections and is due to be tried, counted as in flight there; or null, the rule. */
    @Nullable
    TrackedNode takeProbe(BalancedCall call, long nowNanos) {
        TrackedNode node = engine.connects.takeProbe(this, call);
        if (node != null) {
            node.ledger().start(nowNanos);
        }
        return node;
    }

    /** Returns a node whose breaker is half-open and has a permit, counted as in flight there; or null, the rule. */
    @Nullable
    TrackedNode takeTrial(BalancedCall call, long nowNanos) {
        return engine.breakers == null ? null : engine.breakers.takeTrial(this, call, nowNanos);
    }

    /** Returns whether a call may try this node, which is out. */
    boolean mayTry(PickContext call, TrackedNode node) {
        return isReady(node) && node.isUsed() && snapshot.allows(call, node);
    }

    Candidates candidates() {
        return snapshot.candidates();
    }

    /**
     * Returns where calls go that ask for no subset, in words; empty where there is nothing to tell apart. What a split names in vain is
     * among it.
     */
    String describeTraffic() {
        return engine.cluster.look((members, now) -> {
            List<TrafficPart> parts = snapshot.traffic();
            return parts.size() == 1 && parts.get(0).name().isEmpty() ? "" : TrafficPart.describe(parts, members);
        });
    }

    /** Returns which subsets there are, in words. */
    String describeSubsets() {
        return snapshot.describeSubsets();
    }

    Availability availability(TrackedNode node) {
        Availability ofNode =
                node.isUsed() ? node.availability() : node.availability().with(OutReason.UNUSED);
        return isReady(node) ? ofNode : ofNode.with(OutReason.NOT_READY);
    }

    /** Makes a new snapshot; called under the cluster's lock. */
    void rebuild(Arrangement arrangement, Snapshots snapshots) {
        if (reported != null) {
            reported.forgetRemoved();
        }
        Set<String> panicsBefore = candidates().panics();
        boolean made = false;
        try {
            snapshot = snapshots.of(arrangement, this::isReady);
            made = true;
        } finally { // even if the policy fails: somebody may wait for the end of this
            outdated = !made;
            int last = version;
            version = last + 1;
            tellOfChange();
        }
        if (reported == null && !engine.cluster.isClosed()) {
            PanicNews.tell(engine.cluster, panicsBefore, candidates());
        }
    }

    /** Ends what its owner is told; called under the cluster's lock. */
    void tellNoMore() {
        if (changes != null) {
            changes.leave();
        }
    }

    private void tellOfChange() {
        if (changes != null) {
            changes.addOnce(onChange);
        }
    }

    /** Returns whether a node may go on with sessions: nothing but a drain stands against it, or it is used all the same, in panic. */
    boolean canServe(TrackedNode node) {
        return node.isWellButForDraining()
                || (candidates().panic() && !node.isOut(OutReason.DRAINING) && !node.isOut(OutReason.CONNECT_FAILED));
    }

    /** Returns whether this view's transport connects when it has to, rather than keeping connections. */
    boolean connectsOnDemand() {
        return reported == null;
    }

    /** Returns whether this view's transport keeps a connection there. */
    boolean isConnected(TrackedNode node) {
        return reported != null && reported.isConnected(node);
    }

    boolean isReady(TrackedNode node) {
        return reported == null || reported.isConnected(node);
    }
}
