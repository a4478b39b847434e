package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;

/**
 * An endpoint that was picked for a request which may never be sent: {@link #begin} says that it was. For transports that pick long
 * before they send, and may not send at all; others use {@link BalancedCall}. Immutable and safe for use by many threads.
 *
 * <p>A pick holds nothing and needs no closing, so limits of what is in flight may be exceeded by the picks that were made at the same
 * time. Only where an endpoint or the service is being tried after it was out does a pick hold the permission to try; one that never
 * begins keeps others from trying for a while, 30 s by default, and not for ever.
 */
public final class Pick {
    private final BalancedCall noCall;
    private final TrackedNode node;
    private final int special;

    /**
     * Makes a pick.
     *
     * @param noCall stands for the call, which the transport knows and we do not
     * @param special see {@link Attempt#PROBE} and what follows there
     */
    Pick(BalancedCall noCall, TrackedNode node, int special) {
        this.noCall = noCall;
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
        return special != 0;
    }

    /** Begins an attempt: from now on it counts as in flight, until {@link Attempt#complete}. Its latency is counted from now, too. */
    public Attempt begin() {
        return begin(noCall);
    }

    /** Does the same, for a request that belongs to a session. Costs an object more than {@link #begin()}. */
    public Attempt begin(RequestInfo request) {
        return begin(new BalancedCall(noCall.view(), request));
    }

    private Attempt begin(BalancedCall call) {
        Engine engine = noCall.engine();
        long now = engine.nowNanos();
        if (engine.gate != null) {
            engine.gate.count();
        }
        node.ledger().start(now);
        return new Attempt(call, node, now, null, special);
    }

    /** Returns the endpoint. */
    @Override
    public String toString() {
        return node.endpoint().toString();
    }
}
