package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.EjectionTime;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import java.util.Collection;

/**
 * The one way out by ejection, and the one way back. It holds the cap over all suspicion, of detectors and breakers together: whatever
 * they find, only so many endpoints are out at a time, never the last one, and none more while most fail together. Its methods are called in changes, so under the cluster's lock.
 */
final class Ejector {
    private final Cluster cluster;
    private final EjectionTime ejection;
    private final CommonFailure commonFailure;
    private final SlowStart slowStart;
    private final Environment environment;

    Ejector(Cluster cluster, Settings settings, Environment environment) {
        this.cluster = cluster;
        this.ejection = settings.outliers().ejection();
        this.commonFailure = new CommonFailure(settings.outliers().consecutiveFailures());
        this.slowStart = settings.slowStart();
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
        return commonFailure.isSeenIn(members.nodes(), now) ? "as most endpoints fail together" : "";
    }

    /** Does the same for an endpoint whose breaker has opened, which knows nothing of others. */
    String objectionToBreaker(TrackedNode node, Members members, long now) {
        String objection = objection(node, members, now);
        boolean shared = objection.isEmpty() && CommonFailure.isShared(node, members.nodes(), now);
        return shared ? "as attempts fail at other endpoints, too" : objection;
    }

    /** What is out for certain is no matter of suspicion, whether or not it was ejected before. */
    boolean hasRoom(Members members) {
        Collection<TrackedNode> all = members.nodes();
        long counted = all.stream()
                .filter(one -> one.isUsed() && !one.isOut(OutReason.DRAINING))
                .count();
        long out = all.stream()
                .filter(one -> one.isUsed() && one.isOutOnSuspicion() && !one.isOutForCertain())
                .count();
        return out < ejection.allowed((int) counted);
    }

    /** Ejects an endpoint that is not ejected yet; the caller has asked for room. */
    void eject(TrackedNode node, String reason, long now) {
        int times = node.ejections.eject(reason);
        long duration = ejection.nanos(times, environment.random());
        node.ejections.until(now + duration);
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
        members.refreshWeights(slowStart, now);
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
