package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.Node;
import java.time.Duration;

/**
 * All live state of one endpoint, in one place. It outlives changes of the endpoint's description, and is remembered for a while when
 * the endpoint leaves the list.
 *
 * <p>What requests change is in the {@link NodeLedger}; everything else is written by the {@link Cluster} under its lock.
 */
final class TrackedNode implements Node {
    private final NodeLedger ledger = new NodeLedger();

    private volatile Endpoint endpoint; // written under the cluster's lock
    private volatile Availability availability = Availability.AVAILABLE; // written under the cluster's lock
    private volatile boolean removed; // written under the cluster's lock

    final ConnectHistory connects = new ConnectHistory(); // used under the cluster's lock

    TrackedNode(Endpoint endpoint) {
        this.endpoint = endpoint;
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

    NodeLedger ledger() {
        return ledger;
    }

    Availability availability() {
        return availability;
    }

    boolean isOut(OutReason reason) {
        return availability.has(reason);
    }

    /** Returns whether the endpoint gets nothing new and only finishes what it has. */
    boolean isLeaving() {
        return removed || isOut(OutReason.DRAINING);
    }

    boolean isRemoved() {
        return removed;
    }

    void describedAs(Endpoint newEndpoint) {
        endpoint = newEndpoint;
    }

    void setRemoved(boolean newRemoved) {
        removed = newRemoved;
    }

    /** Adds or takes away a reason to be out, and returns whether that changed anything. */
    boolean setOut(OutReason reason, boolean out) {
        if (isOut(reason) == out) {
            return false;
        }
        availability = out ? availability.with(reason) : availability.without(reason);
        return true;
    }

    EndpointStatus status(Availability asSeen, long nowNanos) {
        return new EndpointStatus(
                endpoint,
                asSeen,
                asSeen.has(OutReason.CONNECT_FAILED) ? connects.describe(nowNanos) : "",
                inFlight(),
                ledger.finished(),
                ledger.failed(),
                Duration.ofNanos((long) latencyNanos(nowNanos)));
    }

    @Override
    public String toString() {
        return endpoint + " " + availability;
    }
}
