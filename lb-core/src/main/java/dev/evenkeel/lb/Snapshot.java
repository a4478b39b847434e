package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.policy.Picker;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a pick needs, frozen: the candidates and their picker, and the same for each subset. Immutable. */
final class Snapshot {
    /** How often a picker is asked again before we look for an untried node ourselves. */
    private static final int REPICKS = 3;

    /**
     * Of a long list, no more are asked whether they want to be left alone: if so many in a row do, nearly all do. Guessed.
     */
    private static final int MOST_ASKED = 100;

    /** Nobody can be picked. */
    static final Snapshot EMPTY =
            new Snapshot(Layout.EMPTY, new Candidates(List.of(), List.of(), 0, 0, Set.of()), null, null, () -> 0);

    private final Layout layout; // of whom the candidates are
    private final Candidates candidates;
    private final @Nullable Picker picker; // null when there are no candidates
    private final @Nullable SubsetSnapshots subsets; // null where there are none, and in a subset
    private final RandomGenerator random;
    private final @Nullable Snapshot beginning; // null where sessions begin as calls do

    Snapshot(
            Layout layout,
            Candidates candidates,
            @Nullable Picker picker,
            @Nullable SubsetSnapshots subsets,
            RandomGenerator random) {
        this(layout, candidates, picker, subsets, random, null);
    }

    private Snapshot(
            Layout layout,
            Candidates candidates,
            @Nullable Picker picker,
            @Nullable SubsetSnapshots subsets,
            RandomGenerator random,
            @Nullable Snapshot beginning) {
        this.layout = layout;
        this.candidates = candidates;
        this.picker = picker;
        this.subsets = subsets;
        this.random = random;
        this.beginning = beginning;
    }

    /** Returns this snapshot, in which another picker says where sessions begin. */
    Snapshot withBeginnings(@Nullable Picker ofSessions) {
        Snapshot begins = new Snapshot(layout, candidates, ofSessions, null, random);
        return new Snapshot(layout, candidates, picker, subsets, random, begins);
    }

    /** Returns from what a call is picked with which a session begins. */
    Snapshot forBeginning() {
        return beginning == null ? this : beginning;
    }

    Candidates candidates() {
        return candidates;
    }

    boolean isEmpty() {
        return picker == null;
    }

    /** Returns the part of this from which an attempt of the call is picked: of the subset that it asks for, or that it is drawn for. */
    Snapshot forCall(PickContext call) {
        Subset wanted = call.request().destination().subset();
        if (wanted != null) {
            return subsets == null ? EMPTY : subsets.of(wanted, this);
        }
        return subsets != null && subsets.isSplit() ? subsets.drawn(call, this) : this;
    }

    /** Returns the first node that a pick finds where else the call may go, should its own part have nobody for it; or null. */
    @Nullable
    TrackedNode elsewhere(PickContext call, Function<Snapshot, @Nullable TrackedNode> pick) {
        if (subsets == null) {
            return null;
        }
        Subset wanted = call.request().destination().subset();
        for (Snapshot other : wanted == null ? subsets.shares() : subsets.fallback(this)) {
            TrackedNode node = pick.apply(other);
            if (node != null) {
                return node;
            }
        }
        return null;
    }

    /** Returns where all attempts of the call may go, whatever it is drawn for. */
    Snapshot ofSubset(PickContext call) {
        return call.request().destination().subset() == null ? this : forCall(call);
    }

    /** Returns whether the call may go to this node, should it be tried although it is out. */
    boolean allows(PickContext call, TrackedNode node) {
        Subset wanted = call.request().destination().subset();
        return subsets == null ? wanted == null : subsets.allows(wanted, node);
    }

    /** Returns whether there is somebody where the call may go, be it somebody who has no room just now. */
    boolean hasSomebodyFor(PickContext call) {
        return !forCall(call).isEmpty()
                || elsewhere(
                                call,
                                other -> other.isEmpty()
                                        ? null
                                        : other.candidates.nodes().get(0))
                        != null;
    }

    /** Returns whether the call might go to one of these, were it a candidate. */
    boolean mightUse(PickContext call, Predicate<TrackedNode> these) {
        Subset wanted = call.request().destination().subset();
        if (wanted == null) {
            return hasOne(these);
        }
        return subsets != null && subsets.mightUse(wanted, this, these);
    }

    /** Returns whether one of these is among those of whom the candidates are. */
    boolean hasOne(Predicate<TrackedNode> these) {
        return layout.levels().stream()
                .anyMatch(level -> level.whole().nodes().stream().anyMatch(these));
    }

    /** Returns how calls that ask for no subset are divided by where endpoints are, and between the subsets of a split. */
    List<TrafficPart> traffic() {
        return subsets != null && subsets.isSplit() ? subsets.traffic(this) : candidates.traffic("", 1);
    }

    boolean isSplit() {
        return subsets != null && !subsets.shares().isEmpty();
    }

    /** Returns whether there is somebody in a subset itself. */
    boolean isAnybodyIn(Subset wanted) {
        return subsets != null && subsets.isAnybodyIn(wanted);
    }

    /** Returns which subsets there are, in words. */
    String describeSubsets() {
        return subsets == null ? "none" : subsets.describe();
    }

    /** Returns the node for the call's next attempt, which counts as in flight there; or null when no candidate may have one more. */
    @Nullable
    TrackedNode pick(BalancedCall call, long nowNanos) {
        if (picker == null) {
            return null;
        }
        Node picked = picker.pick(call, nowNanos);
        TrackedNode node = (TrackedNode) (call.isFirstPick() ? picked : untried(picked, picker, call, nowNanos));
        if (node.tryStart(nowNanos)) {
            return node;
        }
        TrackedNode other = withRoom(picker, call, nowNanos);
        return other != null || call.isFirstPick() ? other : anyWithRoom(call, true, nowNanos);
    }

    /** Returns a node that may have one attempt more now, which is not counted; or null when no candidate may. */
    @Nullable
    TrackedNode choose(PickContext context, long nowNanos) {
        if (picker == null) {
            return null;
        }
        Node picked = picker.pick(context, nowNanos);
        TrackedNode node = (TrackedNode) (context.isFirstPick() ? picked : untried(picked, picker, context, nowNanos));
        return node.hasRoom() ? node : chooseWithRoom(picker, context, nowNanos);
    }

    private @Nullable TrackedNode chooseWithRoom(Picker from, PickContext context, long nowNanos) {
        PickContext pastFull = new PastFull(context);
        for (int i = 0; i < REPICKS; i++) {
            TrackedNode node = (TrackedNode) from.pick(pastFull, nowNanos);
            if (!pastFull.hasTried(node)) {
                return node;
            }
        }
        TrackedNode untried = first(node -> node.hasRoom() && !context.hasTried(node));
        return untried == null ? first(TrackedNode::hasRoom) : untried;
    }

    /** Returns the first that will do, group after group, from a random one in each; null if none will. */
    private @Nullable TrackedNode first(Predicate<TrackedNode> willDo) {
        return first(willDo, Integer.MAX_VALUE);
    }

    private @Nullable TrackedNode first(Predicate<TrackedNode> willDo, int most) {
        for (Candidates.Group group : candidates.groups()) {
            List<TrackedNode> nodes = group.nodes();
            int start = random.nextInt(nodes.size());
            for (int i = 0; i < Math.min(most, nodes.size()); i++) {
                TrackedNode node = nodes.get((start + i) % nodes.size());
                if (willDo.test(node)) {
                    return node;
                }
            }
        }
        return null;
    }

    /** Does the same, but returns null where the call has tried all that may have one more. */
    @Nullable
    TrackedNode pickUntried(BalancedCall call, long nowNanos) {
        if (picker == null || !hasUntried(call)) {
            return null;
        }
        TrackedNode node = (TrackedNode) untried(picker.pick(call, nowNanos), picker, call, nowNanos);
        return !call.hasTried(node) && node.tryStart(nowNanos) ? node : withRoom(picker, call, nowNanos);
    }

    /** Goes on when the picked node has as many in flight as it may: asks the picker again, then everybody whom the call has not tried. */
    private @Nullable TrackedNode withRoom(Picker from, BalancedCall call, long nowNanos) {
        PickContext pastFull = new PastFull(call);
        for (int i = 0; i < REPICKS; i++) {
            TrackedNode node = (TrackedNode) from.pick(pastFull, nowNanos);
            if (!call.hasTried(node) && node.tryStart(nowNanos)) {
                return node;
            }
        }
        return anyWithRoom(call, false, nowNanos);
    }

    private @Nullable TrackedNode anyWithRoom(BalancedCall call, boolean tried, long nowNanos) {
        return first(node -> call.hasTried(node) == tried && node.tryStart(nowNanos));
    }

    /** Returns one that the call has not tried, if there is one, and of those one that asked for no pause. */
    private Node untried(Node picked, Picker from, PickContext call, long nowNanos) {
        Node node = picked;
        for (int i = 0; i < REPICKS && (call.hasTried(node) || node.isPushedBack()); i++) {
            node = from.pick(call, nowNanos);
        }
        if (!call.hasTried(node) && !node.isPushedBack()) {
            return node;
        }
        TrackedNode other = first(one -> !call.hasTried(one) && !one.isPushedBack(), MOST_ASKED);
        if (other == null && call.hasTried(node)) {
            other = first(one -> !call.hasTried(one));
        }
        return other == null ? node : other; // all have been tried
    }

    boolean hasUntried(PickContext call) {
        return hasUntried(call, true);
    }

    /**
     * Returns whether there is a candidate with room that the call has not tried.
     *
     * @param pushedBackToo whether those that asked for a pause count as well
     */
    boolean hasUntried(PickContext call, boolean pushedBackToo) {
        if (!pushedBackToo) {
            return first(node -> !call.hasTried(node) && !node.isPushedBack() && node.hasRoom(), MOST_ASKED) != null;
        }
        for (TrackedNode node : candidates.nodes()) {
            if (!call.hasTried(node) && node.hasRoom()) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether there is a candidate with room that the call has not tried and that is not out for its connections. */
    boolean hasUntriedThatConnects(PickContext call) {
        for (TrackedNode node : candidates.nodes()) {
            if (!call.hasTried(node) && !node.isOut(OutReason.CONNECT_FAILED) && node.hasRoom()) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether one of the candidates asked for no pause. */
    boolean hasOneNotPushedBack() {
        return first(node -> !node.isPushedBack(), MOST_ASKED) != null;
    }
}
