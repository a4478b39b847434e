package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.EndpointStats;
import dev.evenkeel.lb.health.FailuresElsewhere;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.limit.EndpointGuard;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.Node;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All live state of one endpoint, in one place. It outlives changes of the endpoint's description, and is remembered for a while when
 * the endpoint leaves the list.
 *
 * <p>What requests change is in the {@link NodeLedger}; everything else is written by the {@link Cluster} under its lock.
 */
final class TrackedNode implements Node {
    /** Pickers are not made anew for less than this share of a weight. Guessed. */
    private static final double NOTICEABLE = 0.05;

    /** From so many times what is usual on an endpoint loses nearly every comparison. */
    private static final double FAR_SLOWER = 3;

    private static final long AWAKE = -1;
    private static final Pick[] NO_PICKS = {};

    private final NodeLedger ledger;
    final SessionCount sessions = new SessionCount();

    private volatile Endpoint endpoint; // written under the cluster's lock
    private volatile Availability availability = Availability.AVAILABLE; // written under the cluster's lock
    private volatile boolean removed; // written under the cluster's lock
    private volatile boolean used = true; // written under the cluster's lock
    private @Nullable Consumer<TrackedNode>
            watch; // told when the above change; null while not in the list; under the cluster's lock
    private volatile @Nullable SessionDrain sessionDrain; // null where it keeps none; written under the cluster's lock

    private volatile double weight; // written under the cluster's lock
    private volatile double ownWeight; // the latest that was more than 0; written under the cluster's lock
    private volatile boolean pushedBack; // written under the cluster's lock
    private volatile boolean wasOut; // written under the cluster's lock
    private volatile long backSinceNanos; // written before wasOut, and means nothing without it

    // Used under the cluster's lock.
    byte counted; // as what the census counts it
    long attraction; // see FairChoice, which works it out when it needs it; 0 until then
    private long restingSince = AWAKE; // the ledger's events when it came to rest
    final OutcomeWindow window = new OutcomeWindow();
    final EjectionHistory ejections = new EjectionHistory();
    final WeightCuts cuts = new WeightCuts();
    String suspicion =
            ""; // what was last announced about it without an ejection; empty when nothing is held against it

    boolean saidAvoided; // whether the last that was announced of its share is that it is avoided
    int sweepsAvoided;

    final ConnectHistory connects = new ConnectHistory();
    final CheckHistory checks = new CheckHistory();

    private volatile Pick[] picks = NO_PICKS; // for ordinary requests, by the view's slot; replaced by what is alike

    private final @Nullable EndpointGuard guard; // null where any number may be in flight
    final @Nullable Breaker breaker; // null where it is off

    TrackedNode(Endpoint endpoint, Usual usual, @Nullable EndpointGuard guard, @Nullable Breaker breaker) {
        this.ledger = new NodeLedger(usual);
        this.endpoint = endpoint;
        this.ownWeight = endpoint.weight() > 0 ? endpoint.weight() : 1;
        this.weight = ownWeight;
        this.guard = guard;
        this.breaker = breaker;
    }

    /** Returns the pick of this node for ordinary requests of a view: the same each time, or what hangs on it would be lost. */
    Pick pick(LoadBalancerView view) {
        Pick[] known = picks;
        int slot = view.slot();
        if (slot < known.length) {
            Pick pick = known[slot];
            if (pick != null && pick.isOf(view)) {
                return pick;
            }
        }
        return newPick(view, slot);
    }

    /** Two threads may make one at a time, and one of them is forgotten: it does as well for its own request. */
    private Pick newPick(LoadBalancerView view, int slot) {
        Pick made = new Pick(view, this, 0);
        Pick[] known = picks;
        Pick[] more = Arrays.copyOf(known, Math.max(known.length, slot + 1));
        more[slot] = made;
        picks = more;
        return made;
    }

    /** Forgets the picks of all views, with what hangs on them. */
    void forgetPicks() {
        picks = NO_PICKS;
    }

    /** Counts an attempt as in flight, unless as many are as may be; returns whether it did. */
    boolean tryStart(long nowNanos) {
        if (guard == null) {
            ledger.start(nowNanos);
            return true;
        }
        return ledger.tryStart(guard, nowNanos);
    }

    /** Returns whether one attempt more may be in flight now. */
    boolean hasRoom() {
        return guard == null || guard.admits(inFlight());
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public int inFlight() {
        return ledger.inFlight();
    }

    @Override
    public double latencyNanos(long nowNanos) {
        return ledger.latencyNanos(nowNanos);
    }

    @Override
    public double usualLatencyNanos() {
        return ledger.usualLatencyNanos();
    }

    @Override
    public double weight() {
        return weight;
    }

    @Override
    public boolean isFailing() {
        return ledger.isFailing();
    }

    NodeLedger ledger() {
        return ledger;
    }

    Availability availability() {
        return availability;
    }

    boolean isOut(OutReason reason) {
        return availability.has(reason);
    }

    /** Returns whether nothing but perhaps a drain stands against it. */
    boolean isWellButForDraining() {
        return availability.without(OutReason.DRAINING).isAvailable();
    }

    /** Returns whether it is out on suspicion, of whatever kind: that is what the cap is about. */
    boolean isOutOnSuspicion() {
        return isOut(OutReason.EJECTED) || isOut(OutReason.BREAKER_OPEN);
    }

    /** Returns whether it is known that it cannot be used, or that an order takes it out. */
    boolean isOutForCertain() {
        return isOut(OutReason.CONNECT_FAILED) || isOut(OutReason.PROBE_FAILED) || isOut(OutReason.DRAINING);
    }

    /** Returns whether the endpoint gets nothing new and only finishes what it has. */
    boolean isLeaving() {
        return removed || isOut(OutReason.DRAINING);
    }

    /** Begins the time for which the endpoint, as it drains, keeps the sessions that it has; null ends it. */
    void keepSessions(@Nullable SessionDrain newDrain) {
        SessionDrain before = sessionDrain;
        sessionDrain = newDrain;
        if (before != null) {
            before.timer().cancel();
        }
    }

    /** Returns whether the endpoint, as it drains, still keeps the sessions that it has. */
    boolean keepsSessions(long nowNanos) {
        SessionDrain drain = sessionDrain;
        return drain != null && !drain.isOver(nowNanos);
    }

    boolean isRemoved() {
        return removed;
    }

    void describedAs(Endpoint newEndpoint) {
        endpoint = newEndpoint;
        if (newEndpoint.weight() > 0) {
            ownWeight = newEndpoint.weight();
        }
    }

    /**
     * Returns the endpoint for working out where keys go. One whose weight is 0 drains, and so keeps its place there with the weight that it had
     * before: only its keys go elsewhere meanwhile.
     */
    Endpoint placed() {
        return endpoint.weight() > 0 ? endpoint : endpoint.withWeight(ownWeight);
    }

    /**
     * Takes it into the list.
     *
     * @param newWatch is told from now on whenever it changes whether the node is out, used or in the list
     */
    void join(Consumer<TrackedNode> newWatch) {
        removed = false;
        forgetPicks();
        watch = newWatch;
        newWatch.accept(this);
    }

    /** Takes it out of the list. */
    void leave() {
        removed = true;
        forgetPicks();
        changed();
        watch = null;
    }

    private void changed() {
        if (watch != null) {
            watch.accept(this);
        }
    }

    /** Adds or takes away a reason to be out, and returns whether that changed anything. */
    boolean setOut(OutReason reason, boolean out) {
        if (isOut(reason) == out) {
            return false;
        }
        availability = out ? availability.with(reason) : availability.without(reason);
        changed();
        return true;
    }

    /** Returns whether this client uses it, and not others of a long list instead. */
    boolean isUsed() {
        return used;
    }

    /** Sets whether this client uses it, and returns whether that changed. */
    boolean setUsed(boolean newUsed) {
        boolean changed = used != newUsed;
        if (changed) {
            used = newUsed;
            changed();
        }
        return changed;
    }

    @Override
    public boolean isPushedBack() {
        return pushedBack;
    }

    /** Returns how far the endpoint's slow start has come, at most 1. */
    double ramp(SlowStart slowStart, long nowNanos) {
        return cuts.ramp(slowStart, ledger.finished(), nowNanos);
    }

    /**
     * Works out the weight anew, given how much the slow start leaves of it, and returns whether it changed enough to matter, or a pause that it
     * asked for has begun or ended.
     */
    boolean refreshWeight(double ramp, long nowNanos) {
        double now = ownWeight * ramp * cuts.share(nowNanos);
        boolean wasPushedBack = pushedBack;
        pushedBack = cuts.isPushedBack();
        return takeWeight(now) || wasPushedBack != pushedBack;
    }

    /** Returns whether nothing holds it back. */
    boolean hasWholeWeight() {
        return cuts.isNothing() && weight == ownWeight;
    }

    private boolean takeWeight(double now) {
        boolean matters = Math.abs(now - weight) > NOTICEABLE * weight;
        if (matters || now == ownWeight) {
            boolean changed = now != weight;
            weight = now;
            return changed;
        }
        return false;
    }

    /** Ends a second of the window. */
    void rollWindow() {
        window.roll(ledger.succeeded(), ledger.failed(), ledger.pushedBack(), ledger.started());
    }

    /**
     * Returns whether nothing has happened here since {@link #restIfNothingIsLeft}, so that a sweep would change nothing. Of many endpoints
     * most are at rest in most seconds, and a sweep then reads a counter or two of each.
     */
    boolean isAtRest() {
        return restingSince != AWAKE && restingSince == ledger.events() && suspicion.isEmpty();
    }

    /** Notes at the end of a sweep whether the next one has anything to do here even if nothing happens. */
    void restIfNothingIsLeft() {
        long events = ledger.events(); // first: what happens meanwhile shows as news
        boolean nothingIsLeft = window.isLevel(ledger.succeeded(), ledger.failed(), ledger.started())
                && ejections.isForgotten()
                && hasWholeWeight()
                && !saidAvoided;
        restingSince = nothingIsLeft ? events : AWAKE;
    }

    /** Begins anew after a time out of use: what it did before is not held against it again, and it starts slowly. */
    void comeBack(long nowNanos) {
        restingSince = AWAKE;
        backSinceNanos = nowNanos;
        wasOut = true;
        window.clear(ledger.succeeded(), ledger.failed(), ledger.pushedBack());
        ledger.forgetRow();
        cuts.start(ledger.finished(), nowNanos);
    }

    /** Returns whether it has begun anew after this moment. */
    boolean cameBackSince(long nanos) {
        return wasOut && nanos - backSinceNanos < 0;
    }

    /**
     * Makes it an endpoint that has only just joined. Most likely it is another process: what its predecessor cost says nothing of it,
     * and it is cold.
     */
    void startOver(long nowNanos) {
        ledger.forgetLatency();
        comeBack(nowNanos);
    }

    /** Returns what happened here in this second and the one before. */
    FailuresElsewhere.Tally latestTally() {
        return new FailuresElsewhere.Tally(
                window.latestSuccesses(ledger.succeeded()),
                window.latestFailures(ledger.failed(), ledger.pushedBack()));
    }

    /** Returns what happened here in the last ten seconds. */
    FailuresElsewhere.Tally windowTally() {
        return new FailuresElsewhere.Tally(recentSuccesses(), recentFailures() + recentPushbacks());
    }

    /** Returns whether at least half of what ended in this second and the one before was bad. */
    boolean isFailingNow() {
        FailuresElsewhere.Tally tally = latestTally();
        return tally.bad() > 0 && tally.bad() >= tally.good();
    }

    EndpointStats stats(long nowNanos) {
        long row = ledger.failedInARow();
        return new EndpointStats(
                endpoint,
                recentSuccesses(),
                recentFailures(),
                recentPushbacks(),
                window.secondsWithFailures(ledger.failed()),
                row,
                ledger.rowNanos(nowNanos),
                ledger.isServing(nowNanos),
                ledger.medianNanos(),
                ledger.usual().peers(this, nowNanos));
    }

    /** Returns how many attempts ended here in the last ten seconds, and were no failures. */
    long recentSuccesses() {
        return window.successes(ledger.succeeded());
    }

    /** Returns how many attempts failed here in the last ten seconds. */
    long recentFailures() {
        return window.failures(ledger.failed());
    }

    /** Returns how many attempts were turned away here in the last ten seconds. */
    long recentPushbacks() {
        return window.pushbacks(ledger.pushedBack());
    }

    /** Returns how many attempts were begun here in the last ten seconds. */
    long recentAttempts() {
        return window.starts(ledger.started());
    }

    /** Returns why policies by latency avoid it although it is available, in words; empty if they do not. */
    String whyAvoided() {
        return isFarSlower()
                ? "expected " + Text.latency(ledger.expectedNanos()) + ", peers "
                        + Text.latency(ledger.usualLatencyNanos())
                : "";
    }

    /** Returns whether its answers look so slow that policies by latency avoid it. */
    boolean isFarSlower() {
        double usual = ledger.usualLatencyNanos();
        return usual > 0 && ledger.expectedNanos() > FAR_SLOWER * usual;
    }

    EndpointStatus status(Availability asSeen, Shares shares, long nowNanos) {
        String slow = asSeen.isAvailable() && shares.isShort(this) ? whyAvoided() : "";
        String heldBack = asSeen.isAvailable() ? cuts.describe(nowNanos) : "";
        String avoidance = slow.isEmpty() || heldBack.isEmpty() ? slow + heldBack : slow + "; " + heldBack;
        String detail = describe(asSeen, nowNanos);
        return new EndpointStatus(
                endpoint,
                asSeen,
                detail.isEmpty() && !slow.isEmpty() ? "avoided: " + slow : detail,
                inFlight(),
                ledger.finished(),
                ledger.failed(),
                Duration.ofNanos((long) ledger.currentNanos(nowNanos)),
                shares.of(this),
                asSeen.isAvailable() ? shares.fair(this) : 0,
                avoidance);
    }

    private String describe(Availability asSeen, long nowNanos) {
        if (asSeen.has(OutReason.CONNECT_FAILED)) {
            return connects.describe(nowNanos);
        }
        if (asSeen.has(OutReason.PROBE_FAILED)) {
            return checks.describe();
        }
        if (asSeen.has(OutReason.EJECTED)) {
            return ejections.describe(nowNanos);
        }
        return breaker == null || breaker.isClosed() ? suspicion : breaker.describe(nowNanos);
    }

    @Override
    public String toString() {
        return endpoint + " " + availability;
    }
}
