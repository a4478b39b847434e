package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint that was picked for a request which may never be sent: {@link #begin} says that it was. For transports that pick long
 * before they send, and may not send at all; others use {@link BalancedCall}. Safe for use by many threads.
 *
 * <p>A pick holds nothing and needs no closing, so limits of what is in flight may be exceeded by the picks that were made at the same
 * time. Only where an endpoint or the service is being tried after it was out does a pick hold the permission to try; one that never
 * begins keeps others from trying for a while, 30 s by default, and not for ever.
 */
public final class Pick {
    private final LoadBalancerView view;
    private final TrackedNode node;
    private final int special;
    private volatile @Nullable Object attachment; // the transport's, by any of its threads

    /**
     * Makes a pick.
     *
     * @param view that of the transport, which knows the call; we do not
     * @param special see {@link Attempt#PROBE} and what follows there
     */
    Pick(LoadBalancerView view, TrackedNode node, int special) {
        this.view = view;
        this.node = node;
        this.special = special;
    }

    /** Returns where to send the request. */
    public Endpoint endpoint() {
        return node.endpoint();
    }

    /**
     * Returns whether the endpoint, its breaker or the service's is being tried after it was out, which only this request may do for now.
     */
    public boolean isTrial() {
        return (special & ~Attempt.BEGINS_SESSION) != 0;
    }

    /**
     * Returns what the transport has hung on this pick; null if nothing. A view's ordinary picks of an endpoint are one object, which is
     * made anew now and then, so that what belongs to the endpoint is found here without a look-up, and what is not here must be looked up.
     */
    public @Nullable Object attachment() {
        return attachment;
    }

    /** Hangs something of the transport's on this pick, in the place of what hung there. */
    public void attach(@Nullable Object newAttachment) {
        attachment = newAttachment;
    }

    /** Returns how many attempts are in flight at the endpoint just now, whosever they are. */
    public int inFlight() {
        return node.inFlight();
    }

    boolean isOf(LoadBalancerView other) {
        return view == other;
    }

    /** Begins an attempt: from now on it counts as in flight, until {@link Attempt#complete}. Its latency is counted from now, too. */
    public Attempt begin() {
        return begin(view.noCall());
    }

    /** Does the same, for a request that belongs to a session. Costs an object more than {@link #begin()}. */
    public Attempt begin(RequestInfo request) {
        return begin(new BalancedCall(view.noCall().view(), request));
    }

    private Attempt begin(BalancedCall call) {
        Engine engine = view.engine();
        long now = engine.nowNanos();
        if (engine.gate != null) {
            engine.gate.count();
        }
        node.ledger().start(now);
        if ((special & Attempt.BEGINS_SESSION) != 0) {
            view.countSession(node, now);
        }
        return new Attempt(call, node, now, null, special);
    }

    /** Returns the endpoint. */
    @Override
    public String toString() {
        return node.endpoint().toString();
    }
}
