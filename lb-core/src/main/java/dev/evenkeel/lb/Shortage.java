package dev.evenkeel.lb;

import dev.evenkeel.lb.NoEndpointException.Reason;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.limit.InFlightLimit;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.policy.PickContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why a pick found nobody. The reason is that of the snapshot which was picked from; the words may be of a moment later, when somebody has
 * come.
 */
final class Shortage {
    private final Engine engine;
    private final String service;
    private final MetadataSubsets subsets;

    private Shortage(Engine engine) {
        this.engine = engine;
        this.service = engine.announcer.service();
        this.subsets = engine.settings.places().subsets();
    }

    /** Returns what a call is told that found nobody in this snapshot of a view. */
    static NoEndpointException of(LoadBalancerView view, Snapshot from, PickContext call) {
        Shortage shortage = new Shortage(view.engine());
        Subset wanted = call.request().destination().subset();
        Reason reason = shortage.reason(from, call, wanted);
        return new NoEndpointException(reason, shortage.explain(reason, view, from, wanted));
    }

    /** Returns what is told who waited in vain for somebody to be there. */
    static NoEndpointException afterWaiting(LoadBalancerView view, String waited) {
        Shortage shortage = new Shortage(view.engine());
        boolean closed = shortage.engine.cluster.isClosed();
        return new NoEndpointException(
                closed ? Reason.NEVER : Reason.NOBODY, waited + (closed ? shortage.closed() : shortage.nobody(view)));
    }

    private Reason reason(Snapshot from, PickContext call, @Nullable Subset wanted) {
        if (engine.cluster.isClosed()) {
            return Reason.NEVER;
        }
        if (from.hasSomebodyFor(call)) {
            return Reason.LIMIT;
        }
        return wanted == null || subsets.mayServe(wanted) ? Reason.NOBODY : Reason.NEVER;
    }

    private String explain(Reason reason, LoadBalancerView view, Snapshot from, @Nullable Subset wanted) {
        return switch (reason) {
            case NEVER -> wanted == null || subsets.mayServe(wanted) ? closed() : noSuchSubset(wanted);
            case LIMIT -> full(from, wanted);
            case NOBODY -> wanted == null ? nobody(view) : nobodyIn(wanted, view);
        };
    }

    private String closed() {
        return service + " is closed";
    }

    private String noSuchSubset(Subset wanted) {
        return service + ": there is no subset " + wanted + ", subsets are " + subsets;
    }

    private String nobodyIn(Subset wanted, LoadBalancerView view) {
        return subsets.allows(wanted)
                ? service + ": no endpoint of the subset " + wanted + " can be picked; there are "
                        + view.describeSubsets()
                : noSuchSubset(wanted);
    }

    private String full(Snapshot from, @Nullable Subset wanted) {
        InFlightLimit most = Objects.requireNonNull(
                engine.settings.limits().maxInFlightPerEndpoint(), "nothing else keeps calls from candidates");
        return service + ": all " + who(from, wanted) + " have " + most.max()
                + " attempts in flight, as many as maxInFlightPerEndpoint allows";
    }

    private static String who(Snapshot from, @Nullable Subset wanted) {
        if (wanted != null) {
            return from.isAnybodyIn(wanted)
                    ? "endpoints of the subset " + wanted
                    : "endpoints that are used in place of the subset " + wanted;
        }
        return from.isSplit()
                ? "endpoints that the split leads to"
                : from.candidates().nodes().size() + " endpoints in use";
    }

    /** Looks at no more endpoints than are named: this is the answer to a call, and may be to many. */
    private String nobody(LoadBalancerView view) {
        return engine.cluster.look((members, now) -> members.size() == 0
                ? service + " has no endpoints: " + engine.list.describe(0, now)
                : service + ": none of " + members.size() + " endpoints can be picked: "
                        + Text.some(members.nodes(), node -> node.status(view.availability(node), Shares.NONE, now)));
    }
}
