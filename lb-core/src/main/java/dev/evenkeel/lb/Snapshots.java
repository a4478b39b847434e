package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.policy.KeyedPolicy;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Picker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Makes the snapshots of one service: who can be picked, and the pickers. Used under the cluster's lock. */
final class Snapshots {
    private final LoadBalancingPolicy policy;
    private final @Nullable KeyMaps keyMaps; // null where the policy looks at no keys
    private final Candidates.Rules rules;
    private final MetadataSubsets subsets;
    private final @Nullable FewestSessions beginnings; // null where there are no sessions
    private final RandomGenerator random;

    Snapshots(Settings settings, RandomGenerator random) {
        this.policy = settings.policy();
        this.keyMaps = policy instanceof KeyedPolicy keyed ? new KeyMaps(keyed) : null;
        this.rules = settings.candidateRules();
        this.subsets = settings.places().subsets();
        this.beginnings = settings.sessions() == null
                ? null
                : new FewestSessions(settings.sessions().ttl().toNanos());
        this.random = random;
    }

    /** Works out what depends on the list alone, and may take long. */
    void prepare(Arrangement arrangement, long listVersion) {
        if (keyMaps != null) {
            keyMaps.prepare(arrangement, listVersion);
        }
    }

    /** Returns whether that has been done for this list, so that snapshots are made in no time. */
    boolean arePreparedFor(long listVersion) {
        return keyMaps == null || keyMaps.areFor(listVersion);
    }

    /**
     * Returns the snapshot of a view.
     *
     * @param ready which nodes the view's transport can reach
     */
    Snapshot of(Arrangement arrangement, Predicate<TrackedNode> ready) {
        Candidates candidates = Candidates.of(arrangement.all(), ready, rules);
        return withBeginnings(
                new Snapshot(arrangement.all(), candidates, picker(candidates), ofSubsets(arrangement, ready), random));
    }

    private Snapshot withBeginnings(Snapshot snapshot) {
        return beginnings == null
                ? snapshot
                : snapshot.withBeginnings(
                        picker(snapshot.candidates(), group -> beginnings.newPicker(group.nodes(), random), false));
    }

    private @Nullable SubsetSnapshots ofSubsets(Arrangement arrangement, Predicate<TrackedNode> ready) {
        if (subsets.selectors().isEmpty()) {
            return null;
        }
        Map<Subset, Snapshot> snapshots = new LinkedHashMap<>();
        arrangement.subsets().forEach((subset, layout) -> {
            Candidates candidates = Candidates.of(layout, ready, rules);
            snapshots.put(subset, withBeginnings(new Snapshot(layout, candidates, picker(candidates), null, random)));
        });
        return new SubsetSnapshots(subsets, snapshots, arrangement.split(), keyMaps != null, random);
    }

    private @Nullable Picker picker(Candidates candidates) {
        return picker(candidates, this::picker, keyMaps != null);
    }

    /** Returns the picker over all groups that have a share of the traffic; null where there is none to pick. */
    private @Nullable Picker picker(Candidates candidates, Function<Candidates.Group, Picker> ofGroup, boolean byKey) {
        List<Candidates.Group> groups = inUse(candidates.groups());
        if (groups.size() < 2) {
            return groups.isEmpty() ? null : ofGroup.apply(groups.get(0));
        }
        return new GroupPicker(
                groups.stream()
                        .map(group -> new GroupPicker.Group(group.share(), ofGroup.apply(group), group.isNear()))
                        .toList(),
                byKey,
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

    private Picker picker(Candidates.Group group) {
        return keyMaps == null
                ? policy.newPicker(group.nodes(), random)
                : keyMaps.of(group.part()).newPicker(group.part().nodes(), KeyMaps.positions(group), random);
    }
}
