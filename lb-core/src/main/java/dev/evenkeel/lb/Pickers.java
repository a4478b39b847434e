package dev.evenkeel.lb;

import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Picker;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes the pickers of one service. Used under the cluster's lock. */
final class Pickers {
    private final LoadBalancingPolicy policy;
    private final @Nullable KeyMaps keyMaps; // null where the policy looks at no keys
    private final RandomGenerator random;

    Pickers(LoadBalancingPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.keyMaps = policy instanceof KeyedPolicy keyed ? new KeyMaps(keyed) : null;
        this.random = random;
    }

    /** Begins a round in which all views are rebuilt. */
    void beginRound() {
        if (keyMaps != null) {
            keyMaps.beginRound();
        }
    }

    /** Returns the picker over all groups that have a share of the traffic; null where there is nobody to pick. */
    @Nullable
    Picker of(Candidates candidates) {
        List<Candidates.Group> groups = inUse(candidates.groups());
        if (groups.size() < 2) {
            return groups.isEmpty() ? null : of(groups.get(0));
        }
        return new GroupPicker(
                groups.stream()
                        .map(group -> new GroupPicker.Group(group.share(), of(group), group.isNear()))
                        .toList(),
                keyMaps != null,
                random);
    }

    /** Where all stays in the zone, the rest of the level may still be better. */
    private static List<Candidates.Group> inUse(List<Candidates.Group> groups) {
        List<Candidates.Group> inUse = new ArrayList<>();
        boolean nearBefore = false;
        for (Candidates.Group group : groups) {
            if (group.share() > 0 || (nearBefore && group.isFar())) {
                inUse.add(group);
            }
            nearBefore = group.share() > 0 && group.isNear();
        }
        return inUse;
    }

    private Picker of(Candidates.Group group) {
        return keyMaps == null
                ? policy.newPicker(group.nodes(), random)
                : keyMaps.of(group.part()).newPicker(group.part().nodes(), KeyMaps.positions(group), random);
    }
}
