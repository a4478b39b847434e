package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Omissions;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Takes lists from the source into the cluster, as far as they can be believed. */
final class ListKeeper implements EndpointSource.Listener {
    /** Larger lists are taken for a mistake of discovery and refused. */
    private static final int MAX_ENDPOINTS = 1_000_000;

    private static final Scheduler.Scheduled NO_TIMER = () -> {};

    private final Cluster cluster;
    private final Drains drains;
    private final ObjLongConsumer<TrackedNode> joined; // called in changes
    private final Environment environment;
    private final FirstList first;
    private final ListGuard guard; // used in changes only, so under the cluster's lock
    private volatile Omissions omitted = Omissions.NONE; // of the latest list; written in changes
    private Scheduler.Scheduled timer = NO_TIMER; // until a list in doubt is believed; used in changes only
    private volatile ListGuard.State state; // the guard's, for words; written in changes

    ListKeeper(
            Cluster cluster,
            Drains drains,
            ObjLongConsumer<TrackedNode> joined,
            FirstList first,
            Environment environment,
            boolean authoritative,
            Settings settings) {
        this.cluster = cluster;
        this.drains = drains;
        this.joined = joined;
        this.first = first;
        this.environment = environment;
        Duration hold = settings.listHold();
        this.guard = new ListGuard(authoritative || hold.isZero(), TimeUnit.NANOSECONDS.convert(hold));
        this.state = guard.state();
    }

    @Override
    public void onEndpoints(List<Endpoint> endpoints) {
        onEndpoints(endpoints, Omissions.NONE);
    }

    @Override
    public void onEndpoints(List<Endpoint> endpoints, Omissions omissions) {
        List<Endpoint> list;
        Omissions all;
        try {
            List<@Nullable Endpoint> copy = new ArrayList<>(endpoints);
            list = copy.stream().filter(Objects::nonNull).toList();
            all = omissions.and(missing(copy));
        } catch (RuntimeException e) {
            onFailure("the source's list could not be read: " + e);
            return;
        }
        if (list.isEmpty() && !all.isEmpty()) {
            onFailure("nothing in the source's list can be used: " + all);
            return;
        }
        if (list.size() > MAX_ENDPOINTS) {
            onFailure("the source's list has " + list.size() + " endpoints, at most " + MAX_ENDPOINTS + " are allowed");
            return;
        }
        cluster.update((members, now) -> take(list, all, members, now));
    }

    @Override
    public void onFailure(String reason) {
        cluster.tell((members, now) -> {
            boolean first = guard.onFailure(reason, now);
            state = guard.state();
            if (first) {
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

    private static Omissions missing(List<@Nullable Endpoint> list) {
        Omissions missing = Omissions.NONE;
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i) == null) {
                missing = missing.and("entry " + (i + 1) + " is null");
            }
        }
        return missing;
    }

    private boolean take(List<Endpoint> list, Omissions omissions, Members members, long now) {
        if (!omissions.equals(omitted)) {
            omitted = omissions;
            if (!omissions.isEmpty()) {
                cluster.announce(Event.Type.ENTRIES_LEFT_OUT, null, describe(omissions));
            }
        }
        if (guard.isFailing()) {
            cluster.announce(Event.Type.FRESH, null, "the source delivers again, " + list.size() + " endpoints");
        } else if (!guard.isKnown() && list.isEmpty()) {
            cluster.announce(Event.Type.FRESH, null, "the source's first list is empty");
        }
        boolean wasHolding = guard.isHolding();
        boolean believed = guard.onList(list, now);
        state = guard.state();
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
                ? environment.scheduler().schedule(guard.remainingNanos(now), this::releaseWithTime)
                : NO_TIMER;
    }

    /** To take a list may take time, which the thread of the timers has not. */
    private void releaseWithTime() {
        environment.blocking().execute(() -> cluster.update(this::release));
    }

    private boolean release(Members members, long now) {
        List<Endpoint> list = guard.release(now);
        state = guard.state();
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
        cluster.expectEvents(Math.max(members.size(), outcome.removed().size()));
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
        // Orders of a person are carried out when they are given, so the others do as they did.
        Stream.concat(outcome.added().keySet().stream(), outcome.changed().keySet().stream())
                .forEach(node -> drains.set(node, members, whyDraining(node.endpoint()), now));
        return outcome.isChange();
    }

    private static String whyDraining(Endpoint endpoint) {
        if (endpoint.isTerminating()) {
            return "discovery says it is terminating";
        }
        return endpoint.weight() == 0 ? "its weight is 0" : "";
    }

    /** Returns whether the source has ever told a list. May be asked by any thread. */
    boolean isKnown() {
        return state.known();
    }

    /** Returns the state of the list in words. May be asked by any thread. */
    String describe(int size, long now) {
        return state.describe(size, now) + (omitted.isEmpty() ? "" : ", " + describe(omitted));
    }

    private static String describe(Omissions omissions) {
        return omissions.count() + (omissions.count() == 1 ? " entry" : " entries") + " left out (" + omissions + ")";
    }
}
