package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Scheduler;
import org.jspecify.annotations.Nullable;

/** Has endpoints take nothing new and finish what they have: because discovery says so, or a person orders it for one of them or a zone. */
final class Drains {
    private final String service;
    private final Cluster cluster;
    private final Scheduler scheduler;
    private final @Nullable StickySessions sessions; // null where there are none

    Drains(String service, Cluster cluster, Settings settings, Scheduler scheduler) {
        this.service = service;
        this.cluster = cluster;
        this.scheduler = scheduler;
        this.sessions = settings.sessions();
    }

    /** Orders an endpoint to drain, or takes the order back. */
    void order(String id, boolean drain) {
        String known = cluster.read((members, now) -> members.find(id) == null ? members.describeIds() : "");
        if (!known.isEmpty()) {
            throw new IllegalArgumentException(
                    "endpoint " + OneLine.quote(id) + " is not in the list of " + service + ", which has " + known);
        }
        cluster.update((members, now) -> {
            TrackedNode node = members.order(id, drain);
            return node != null && set(node, members, drain ? "drained by hand" : "", now);
        });
    }

    /** Orders a zone to drain, or takes the order back: its endpoints then take up their shares slowly. */
    void orderZone(String zone, boolean evacuate) {
        String known = cluster.read(
                (members, now) -> members.isEvacuated(zone) || members.hasZone(zone) ? "" : members.describeZones());
        if (!known.isEmpty()) {
            throw new IllegalArgumentException(
                    "no endpoint of " + service + " is in zone " + OneLine.quote(zone) + ", the zones are " + known);
        }
        cluster.update((members, now) -> {
            boolean changed = false;
            for (TrackedNode node : members.orderZone(zone, evacuate)) {
                if (set(node, members, evacuate ? "zone " + zone + " is evacuated" : "", now)) {
                    changed = true;
                    if (!evacuate) {
                        node.comeBack(now);
                        members.holdBack(node, now);
                    }
                }
            }
            return changed;
        });
    }

    /** Makes an endpoint drain if it must now, or no longer, and returns whether that is a change; called in a change. */
    boolean set(TrackedNode node, Members members, String why, long now) {
        boolean drain = members.mustDrain(node.endpoint());
        if (node.isOut(OutReason.DRAINING) == drain) {
            return false;
        }
        keepSessions(node, drain, now); // before it goes out, lest it be broken off in between
        node.setOut(OutReason.DRAINING, drain);
        cluster.announceAvailability(node, why);
        cluster.announceDrained(node);
        return true;
    }

    /** Sessions that an endpoint has may come back to it for their time, and only then has it finished. */
    private void keepSessions(TrackedNode node, boolean drain, long now) {
        if (sessions == null || !drain) {
            node.keepSessions(null);
            return;
        }
        long ttl = sessions.ttl().toNanos();
        node.keepSessions(new SessionDrain(now + ttl, scheduler.schedule(ttl, () -> finished(node))));
    }

    /** Learns that an endpoint which takes nothing new may have finished all it had. */
    void finished(TrackedNode node) {
        cluster.tell((members, now) -> {
            cluster.announceDrained(node);
            return false;
        });
    }
}
