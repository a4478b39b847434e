package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Session;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One try of a {@link BalancedCall} at one endpoint. It counts as in flight there from its making until {@link #complete}.
 *
 * <p>Whoever makes an attempt must complete it, on every path. {@code answered} and {@code complete} may be called by any thread and
 * in any order; what comes after {@code complete} has no effect, so an attempt is never counted twice.
 */
public final class Attempt {
    private static final int OPEN = 0;
    private static final int ANSWERED = 1;
    private static final int ANSWERED_WELL = 2;
    private static final int COMPLETE = 3;
    private static final VarHandle STATE = state();

    /** The endpoint was out because connections to it failed. */
    static final int PROBE = 1;

    /** The endpoint's breaker is half-open, and the attempt holds a permit of it. */
    static final int TRIAL = 1 << 1;

    /** The service's breaker is half-open, and the attempt holds a permit of it. */
    static final int SERVICE_PERMIT = 1 << 2;

    /** Made while an attempt before it was under way, because that was late. */
    static final int HEDGE = 1 << 3;

    /** The first of its call, with which a session begins. */
    static final int BEGINS_SESSION = 1 << 4;

    /** The endpoint was far slower than others, or failed, when something was last heard of it. */
    static final int DOUBTED = 1 << 5;

    /** It has been counted that the attempt takes longer than most. */
    static final int KNOWN_LATE = 1;

    /** It has been counted that the attempt overstays the attempt timeout. */
    static final int KNOWN_OVERDUE = 1 << 1;

    /** The attempt has been repeated at no cost. */
    private static final int REPEATED_FOR_FREE = 1 << 2;

    /** Nothing speaks against its endpoint: a connection was dead, or the endpoint said that it had not looked at the request. */
    private static final int MAY_GO_BACK = 1 << 3;

    private final BalancedCall call;
    private final TrackedNode node;
    private final long startNanos;
    private final @Nullable Attempt previous;
    private final byte special; // PROBE, TRIAL, …; nearly always none
    private byte notes; // written by the call, whose thread rules it shares; whoever ends the attempt may miss one, and
    // counts twice
    private short
            endedRow; // written with the answer; who ends the attempt at the same moment may miss it, and forgives
    private volatile int state; // OPEN, which is 0: to say so would cost a fence on each attempt; written by STATE

    /** Makes an attempt that its node has counted as in flight already. */
    Attempt(BalancedCall call, TrackedNode node, long startNanos, @Nullable Attempt previous, int special) {
        this.call = call;
        this.node = node;
        this.startNanos = startNanos;
        this.previous = previous;
        this.special = (byte) special;
    }

    /** Returns where to send the request. */
    public Endpoint endpoint() {
        return node.endpoint();
    }

    /**
     * Returns whether this is the first attempt at an endpoint that was out because connections to it failed. The transport should
     * give up connecting sooner than usual.
     */
    public boolean isProbe() {
        return (special & PROBE) != 0;
    }

    /**
     * Returns whether it depends on the end of this attempt that an endpoint which is out comes back. When a hedge is answered first, it
     * should be left to run to its end.
     */
    public boolean isDecisive() {
        return (special & (PROBE | TRIAL)) != 0;
    }

    /** Returns whether this tries an endpoint whose breaker is half-open, with a permit. */
    boolean isTrial() {
        return (special & TRIAL) != 0;
    }

    /** Returns whether this holds a permit of the service's half-open breaker. */
    boolean hasServicePermit() {
        return (special & SERVICE_PERMIT) != 0;
    }

    /**
     * Learns that the answer began: from here on the attempt no longer counts as waiting, and its latency is settled. Optional; an
     * attempt whose whole answer comes at once is simply completed.
     */
    public void answered(Outcome outcome) {
        int answered = outcome.kind().isAnswer() ? ANSWERED_WELL : ANSWERED;
        if (STATE.compareAndSet(this, OPEN, answered)) {
            learn(outcome);
        }
    }

    /**
     * Ends the attempt. After {@link #answered}, the outcome counts only if it is a failure of what began well: an answer that broke off.
     */
    public void complete(Outcome outcome) {
        int before = (int) STATE.getAndSet(this, COMPLETE);
        if (before == COMPLETE) {
            return;
        }
        try {
            if (before == OPEN) {
                learn(outcome);
            } else if (before == ANSWERED_WELL && outcome.kind().isEndpointFailure()) {
                call.engine().learnBroken(this, outcome);
            }
        } finally { // a listener's error must not leave it in flight
            leave();
        }
    }

    private void leave() {
        node.ledger().finish();
        ServiceGate gate = call.engine().gate;
        if (gate != null) {
            gate.leave();
        }
        if (node.isLeaving()) {
            call.engine().drains.finished(node);
        }
    }

    private void learn(Outcome outcome) {
        node.ledger().answered(startNanos);
        call.engine().learn(this, outcome);
    }

    boolean isComplete() {
        return state == COMPLETE;
    }

    TrackedNode node() {
        return node;
    }

    LoadBalancerView view() {
        return call.view();
    }

    @Nullable
    Session session() {
        return call.request().destination().session();
    }

    long startNanos() {
        return startNanos;
    }

    @Nullable
    Attempt previous() {
        return previous;
    }

    /**
     * Notes that this attempt is repeated at no cost.
     *
     * @param mayGoBack whether the same endpoint may serve the call
     */
    void repeatForFree(boolean mayGoBack) {
        notes = (byte) (notes | REPEATED_FOR_FREE | (mayGoBack ? MAY_GO_BACK : 0));
    }

    /** Returns whether this was the first attempt of its call, and its endpoint may serve the call all the same. */
    boolean mayGoBack() {
        return previous == null && isNoted(MAY_GO_BACK);
    }

    boolean isRepeatedForFree() {
        return isNoted(REPEATED_FOR_FREE);
    }

    /** Notes how many failures in a row this attempt's answer has ended. */
    void endsRow(long failures) {
        endedRow = (short) Math.min(Short.MAX_VALUE, failures);
    }

    /** Returns how many failures in a row this attempt's answer has ended: should the answer break off, it has not. */
    int endedRow() {
        return endedRow;
    }

    /** Returns whether a session begins with this, and has been counted at the endpoint. */
    boolean beginsSession() {
        return (special & BEGINS_SESSION) != 0;
    }

    boolean isDoubted() {
        return (special & DOUBTED) != 0;
    }

    boolean isHedge() {
        return (special & HEDGE) != 0;
    }

    /** Notes {@link #KNOWN_LATE} or {@link #KNOWN_OVERDUE}, and returns whether that is new. */
    boolean note(int note) {
        boolean isNew = !isNoted(note);
        notes = (byte) (notes | note);
        return isNew;
    }

    boolean isNoted(int note) {
        return (notes & note) != 0;
    }

    private static VarHandle state() {
        try {
            return MethodHandles.lookup().findVarHandle(Attempt.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Returns the endpoint, and whether the attempt is still open. */
    @Override
    public String toString() {
        return node.endpoint() + (state == COMPLETE ? " complete" : " in flight");
    }
}
