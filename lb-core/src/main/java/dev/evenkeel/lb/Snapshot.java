package dev.evenkeel.lb;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.policy.Picker;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a pick needs, frozen: the candidates and their picker. Immutable. */
final class Snapshot {
    /** How often a picker is asked again before we look for an untried node ourselves. */
    private static final int REPICKS = 3;

    private final Candidates candidates;
    private final @Nullable Picker picker; // null when there are no candidates
    private final RandomGenerator random;

    private Snapshot(Candidates candidates, @Nullable Picker picker, RandomGenerator random) {
        this.candidates = candidates;
        this.picker = picker;
        this.random = random;
    }

    static Snapshot of(Candidates candidates, LoadBalancingPolicy policy, RandomGenerator random) {
        Picker picker = candidates.nodes().isEmpty() ? null : policy.newPicker(candidates.nodes(), random);
        return new Snapshot(candidates, picker, random);
    }

    Candidates candidates() {
        return candidates;
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
        return node.hasRoom() ? node : chooseWithRoom(context);
    }

    private @Nullable TrackedNode chooseWithRoom(PickContext context) {
        List<TrackedNode> nodes = candidates.nodes();
        int start = random.nextInt(nodes.size());
        TrackedNode tried = null;
        for (int i = 0; i < nodes.size(); i++) {
            TrackedNode node = nodes.get((start + i) % nodes.size());
            if (node.hasRoom() && !context.hasTried(node)) {
                return node;
            }
            tried = node.hasRoom() ? node : tried;
        }
        return tried;
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
        for (int i = 0; i < REPICKS; i++) {
            TrackedNode node = (TrackedNode) from.pick(call, nowNanos);
            if (!call.hasTried(node) && node.tryStart(nowNanos)) {
                return node;
            }
        }
        return anyWithRoom(call, false, nowNanos);
    }

    private @Nullable TrackedNode anyWithRoom(BalancedCall call, boolean tried, long nowNanos) {
        List<TrackedNode> nodes = candidates.nodes();
        int start = random.nextInt(nodes.size());
        for (int i = 0; i < nodes.size(); i++) {
            TrackedNode node = nodes.get((start + i) % nodes.size());
            if (call.hasTried(node) == tried && node.tryStart(nowNanos)) {
                return node;
            }
        }
        return null;
    }

    private Node untried(Node picked, Picker from, PickContext call, long nowNanos) {
        Node node = picked;
        for (int i = 0; i < REPICKS && call.hasTried(node); i++) {
            node = from.pick(call, nowNanos);
        }
        if (!call.hasTried(node)) {
            return node;
        }
        List<TrackedNode> nodes = candidates.nodes();
        int start = random.nextInt(nodes.size());
        for (int i = 0; i < nodes.size(); i++) {
            TrackedNode other = nodes.get((start + i) % nodes.size());
            if (!call.hasTried(other)) {
                return other;
            }
        }
        return node; // all have been tried
    }

    boolean hasUntried(PickContext call) {
        for (TrackedNode node : candidates.nodes()) {
            if (!call.hasTried(node) && node.hasRoom()) {
                return true;
            }
        }
        return false;
    }
}
