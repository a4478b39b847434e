package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConsecutiveFailures;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import org.jspecify.annotations.Nullable;

/**
 * The one way out by ejection, and the one way back. It holds the cap over all suspicion, of detectors and breakers together: whatever
 * they find, only so many endpoints are out at a time, never the last one, and none more while most fail together. Its methods are called in changes, so under the cluster's lock.
 */
final class Ejector {
    private final Cluster cluster;
    private final Usual usual;
    private final EjectionTime ejection;
    private final ConsecutiveFailures inARow;
    private final Environment environment;
    private @Nullable CommonFailure latest; // of the latest look at all endpoints
    private long lookedNanos; // when that was; means nothing before
    private boolean sweeping;

    Ejector(Cluster cluster, Usual usual, Settings settings, Environment environment) {
        this.cluster = cluster;
        this.usual = usual;
        this.ejection = settings.outliers().ejection();
        this.inARow = settings.outliers().consecutiveFailures();
        this.environment = environment;
    }

    /** Returns why this one may not be out on suspicion besides those that are, in words; empty if it may, or is out already. */
    String objection(TrackedNode node, Members members, long now) {
        if (node.isOutOnSuspicion()) {
            return "";
        }
        if (!hasRoom(members)) {
            return "as many are out as may be";
        }
        return commonFailure(members, now).isSeen() ? "as most endpoints fail together" : "";
    }

    /** Does the same for an endpoint whose breaker has opened, which knows nothing of others. */
    String objectionToBreaker(TrackedNode node, Members members, long now) {
        String objection = objection(node, members, now);
        if (!objection.isEmpty()) {
            return objection;
        }
        usual.count(members.nodes(), now);
        return CommonFailure.isShared(node, usual.windowShare(node)) ? "as attempts fail at other endpoints, too" : "";
    }

    boolean hasRoom(Members members) {
        Census census = members.census();
        return census.suspects() < ejection.allowed(census.counted());
    }

    /** Has many verdicts follow at a time, for which one look at all endpoints is enough; until {@link #endSweep}. */
    void beginSweep() {
        latest = null;
        sweeping = true;
    }

    void endSweep() {
        sweeping = false;
    }

    /** Notes that an endpoint is about to be taken out on suspicion. */
    void takesOut(TrackedNode node) {
        if (latest != null) {
            latest.takesOut(node);
        }
    }

    /** Of a long list, the look at all of a moment ago will do: in so little time not many more can have failed. */
    private CommonFailure commonFailure(Members members, long now) {
        CommonFailure known = latest;
        if (known != null && (sweeping || now - lookedNanos < Cluster.spacingNanos(members.size()))) {
            return known;
        }
        known = CommonFailure.lookedForIn(members.nodes(), inARow);
        latest = known;
        lookedNanos = now;
        return known;
    }

    /** Ejects an endpoint that is not ejected yet; the caller has asked for room. */
    void eject(TrackedNode node, String reason, long now) {
        int times = node.ejections.eject(reason);
        long duration = ejection.nanos(times, environment.random());
        node.ejections.until(now + duration);
        takesOut(node);
        node.setOut(OutReason.EJECTED, true);
        environment
                .scheduler()
                .schedule(duration, () -> cluster.tell((members, later) -> takeBack(members, node, later)));
        cluster.announceAvailability(node, node.ejections.describe(now));
    }

    private boolean takeBack(Members members, TrackedNode node, long now) {
        if (!node.ejections.isOver(now) || !node.setOut(OutReason.EJECTED, false)) {
            return false;
        }
        node.ejections.returned(now);
        node.comeBack(now);
        members.holdBack(node, now);
        cluster.announceAvailability(node, "its ejection is over");
        return true;
    }

    /**
     * Ends all suspicion of an endpoint that is another process now: what its predecessor did says nothing about it. How often it was ejected
     * stays known, so one that crashes again and again is ejected for longer each time.
     *
     * @param sinceNanos what began before is about the predecessor
     */
    void acquit(TrackedNode node, long sinceNanos, long now) {
        if (node.setOut(OutReason.EJECTED, false)) {
            node.ejections.returned(now);
        }
        if (node.breaker != null) {
            node.breaker.startOver(sinceNanos);
            node.setOut(OutReason.BREAKER_OPEN, false);
        }
    }

    /** Says what would have been done, once for each time it begins. */
    void suspect(TrackedNode node, String why) {
        boolean begins = node.suspicion.isEmpty();
        node.suspicion = why;
        if (begins) {
            cluster.announce(Event.Type.SUSPECTED, node.endpoint(), why);
        }
    }
}
