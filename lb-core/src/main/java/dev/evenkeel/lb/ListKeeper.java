package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Takes lists from the source into the cluster, as far as they can be believed. */
final class ListKeeper implements EndpointSource.Listener {
    /** Larger lists are taken for a mistake of discovery and refused. */
    private static final int MAX_ENDPOINTS = 1_000_000;

    private static final Scheduler.Scheduled NO_TIMER = () -> {};

    private final Cluster cluster;
    private final Drains drains;
    private final ObjLongConsumer<TrackedNode> joined; // called in changes
    private final FirstList first;
    private final Scheduler scheduler;
    private final ListGuard guard; // used in changes only, so under the cluster's lock
    private final SlowStart slowStart;
    private Scheduler.Scheduled timer = NO_TIMER; // until a list in doubt is believed; used in changes only

    ListKeeper(
            Cluster cluster,
            Drains drains,
            ObjLongConsumer<TrackedNode> joined,
            FirstList first,
            Scheduler scheduler,
            boolean authoritative,
            Settings settings) {
        this.cluster = cluster;
        this.drains = drains;
        this.joined = joined;
        this.first = first;
        this.scheduler = scheduler;
        this.slowStart = settings.slowStart();
        Duration hold = settings.listHold();
        this.guard = new ListGuard(authoritative || hold.isZero(), hold.toNanos());
    }

    @Override
    public void onEndpoints(List<Endpoint> endpoints) {
        List<Endpoint> list;
        try {
            list = List.copyOf(endpoints);
        } catch (RuntimeException e) {
            onFailure("the source's list could not be read: " + e);
            return;
        }
        if (list.size() > MAX_ENDPOINTS) {
            onFailure("the source's list has " + list.size() + " endpoints, at most " + MAX_ENDPOINTS + " are allowed");
            return;
        }
        cluster.update((members, now) -> take(list, members, now));
    }

    @Override
    public void onFailure(String reason) {
        cluster.update((members, now) -> {
            if (guard.onFailure(reason, now)) {
                cluster.announce(
                        Event.Type.STALE,
                        null,
                        reason
                                + (guard.isKnown()
                                        ? "; the last good list of " + members.size() + " stays in use"
                                        : ""));
            }
            return false;
        });
    }

    private boolean take(List<Endpoint> list, Members members, long now) {
        if (guard.isFailing()) {
            cluster.announce(Event.Type.FRESH, null, "the source delivers again, " + list.size() + " endpoints");
        } else if (!guard.isKnown() && list.isEmpty()) {
            cluster.announce(Event.Type.FRESH, null, "the source's first list is empty");
        }
        boolean wasHolding = guard.isHolding();
        boolean believed = guard.onList(list, now);
        first.arrived();
        if (guard.isHolding() && !wasHolding) {
            cluster.announce(Event.Type.LIST_HELD, null, guard.describeDoubt(now));
        }
        setTimer(now);
        return use(believed ? list : withoutRemovals(list, members), members, now);
    }

    /** Returns what a list that is in doubt adds to those that there are, and says of them. */
    private static List<Endpoint> withoutRemovals(List<Endpoint> list, Members members) {
        Set<String> named = list.stream().map(Endpoint::id).collect(Collectors.toSet());
        Stream<Endpoint> others =
                members.nodes().stream().map(TrackedNode::endpoint).filter(endpoint -> !named.contains(endpoint.id()));
        return Stream.concat(others, list.stream()).toList();
    }

    private void setTimer(long now) {
        timer.cancel();
        timer = guard.isHolding()
                ? scheduler.schedule(guard.remainingNanos(now), () -> cluster.update(this::release))
                : NO_TIMER;
    }

    private boolean release(Members members, long now) {
        List<Endpoint> list = guard.release(now);
        return list != null && use(list, members, now);
    }

    private boolean use(List<Endpoint> list, Members members, long now) {
        Reconciler outcome = members.reconcile(list);
        if (!outcome.duplicates().isEmpty()) {
            cluster.announce(Event.Type.DUPLICATES, null, "named more than once: " + Text.some(outcome.duplicates()));
        }
        boolean allNew = members.size() == outcome.removed().size()
                && outcome.nodes().size() == outcome.added().size();
        members.accept(outcome);
        outcome.added().keySet().forEach(node -> {
            cluster.announce(Event.Type.ADDED, node.endpoint(), "");
            joined.accept(node, now);
            if (!allNew && node.ledger().finished() == 0) {
                node.cuts.start(0, now); // where all are new nobody is warm, and a ramp for all would change nothing
            }
        });
        outcome.changed().keySet().forEach(node -> cluster.announce(Event.Type.CHANGED, node.endpoint(), ""));
        outcome.removed().forEach(node -> {
            cluster.announce(Event.Type.REMOVED, node.endpoint(), node.inFlight() + " in flight");
            cluster.announceDrained(node);
        });
        members.nodes().forEach(node -> {
            String why = node.endpoint().isTerminating() ? "discovery says it is terminating" : "";
            drains.set(node, members, why, now);
        });
        members.refreshWeights(slowStart, now);
        return outcome.isChange();
    }

    /** Returns whether the source has ever told a list; called in a change or under the cluster's lock. */
    boolean isKnown() {
        return guard.isKnown();
    }

    /** Returns the state of the list in words; called in a change or under the cluster's lock. */
    String describe(int size, long now) {
        return guard.describe(size, now);
    }
}
