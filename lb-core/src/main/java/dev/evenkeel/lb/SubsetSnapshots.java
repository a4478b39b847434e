package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.policy.PickContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The snapshots of a service's subsets, and which of them a call's pick is made from. Immutable. */
final class SubsetSnapshots {
    private final MetadataSubsets rules;
    private final Map<Subset, Snapshot> snapshots;
    private final List<Share> shares; // of calls that ask for no subset; empty without a split
    private final boolean byKey;
    private final RandomGenerator random;

    SubsetSnapshots(
            MetadataSubsets rules,
            Map<Subset, Snapshot> snapshots,
            Split split,
            boolean byKey,
            RandomGenerator random) {
        this.rules = rules;
        this.snapshots = snapshots;
        this.byKey = byKey;
        this.random = random;
        this.shares = new ArrayList<>();
        double total = split.weights().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        double end = 0;
        for (Map.Entry<Subset, Double> entry : split.weights().entrySet()) {
            if (entry.getValue() > 0) {
                end += entry.getValue() / total;
                shares.add(new Share(entry.getKey(), end));
            }
        }
    }

    /** Where a subset's part of the traffic ends. */
    private record Share(Subset subset, double end) {}

    /** Returns whether calls are divided that ask for no subset. */
    boolean isSplit() {
        return !shares.isEmpty();
    }

    /** Returns the snapshot for a call that asks for a subset; empty where it has to fail. */
    Snapshot of(Subset wanted, Snapshot any) {
        Snapshot snapshot = snapshots.get(wanted);
        if (snapshot != null && !snapshot.isEmpty()) {
            return snapshot;
        }
        List<Snapshot> fallback = fallback(any);
        return fallback.isEmpty() ? Snapshot.EMPTY : fallback.get(0);
    }

    /** Returns where calls go whose subset has nobody for them. */
    List<Snapshot> fallback(Snapshot any) {
        return switch (rules.fallback()) {
            case NONE -> List.of();
            case ANY -> List.of(any);
            case SUBSET -> {
                Snapshot other = snapshots.get(rules.fallbackSubset());
                yield other == null ? List.of() : List.of(other);
            }
        };
    }

    /** Returns all between which calls are divided that ask for no subset, and who has somebody. */
    List<Snapshot> shares() {
        return shares.stream()
                .map(share -> snapshots.getOrDefault(share.subset, Snapshot.EMPTY))
                .filter(snapshot -> !snapshot.isEmpty())
                .toList();
    }

    /** Returns the snapshot for an attempt of a call that asks for none: its share's, or another that has somebody new for it. */
    Snapshot drawn(PickContext context, Snapshot any) {
        RequestKey key = byKey ? context.request().destination().key() : null;
        double at = GroupPicker.share(Long.rotateLeft(key == null ? random.nextLong() : GroupPicker.mix(key), 29));
        int first = 0;
        while (first < shares.size() - 1 && at >= shares.get(first).end) {
            first++;
        }
        Snapshot someTried = null;
        for (int i = 0; i < shares.size(); i++) {
            Snapshot snapshot = snapshots.get(shares.get((first + i) % shares.size()).subset);
            if (snapshot == null || snapshot.isEmpty()) {
                continue;
            }
            if (context.isFirstPick() || snapshot.hasUntried(context)) {
                return snapshot;
            }
            someTried = someTried == null ? snapshot : someTried;
        }
        return someTried == null ? any : someTried;
    }

    /** Returns how calls that ask for no subset are divided. What is drawn for a subset without endpoints goes to the next that has some. */
    List<TrafficPart> traffic(Snapshot any) {
        Map<Subset, Double> drawn = new LinkedHashMap<>();
        double begin = 0;
        for (int i = 0; i < shares.size(); i++) {
            drawn.merge(shares.get(i).subset, 0.0, Double::sum);
            Subset taker = firstWithSomebody(i);
            if (taker != null) {
                drawn.merge(taker, shares.get(i).end - begin, Double::sum);
            }
            begin = shares.get(i).end;
        }
        List<TrafficPart> parts =
                new ArrayList<>(shares().isEmpty() ? any.candidates().traffic("", 1) : List.of());
        drawn.forEach((subset, share) -> {
            Snapshot snapshot = snapshots.getOrDefault(subset, Snapshot.EMPTY);
            parts.addAll(
                    snapshot.isEmpty()
                            ? List.of(TrafficPart.none(subset))
                            : snapshot.candidates().traffic(subset.toString(), share));
        });
        return parts;
    }

    private @Nullable Subset firstWithSomebody(int first) {
        for (int i = 0; i < shares.size(); i++) {
            Subset subset = shares.get((first + i) % shares.size()).subset;
            if (isAnybodyIn(subset)) {
                return subset;
            }
        }
        return null;
    }

    /** Returns whether a call may go to this node, which is none of the candidates just now. */
    boolean allows(@Nullable Subset wanted, TrackedNode node) {
        Map<String, String> metadata = node.endpoint().metadata();
        if (wanted != null) {
            return wanted.contains(metadata);
        }
        return shares.isEmpty() || shares.stream().anyMatch(share -> share.subset.contains(metadata));
    }

    /** Returns whether a call that asks for a subset might go to one of these, were it a candidate. */
    boolean mightUse(Subset wanted, Snapshot any, Predicate<TrackedNode> these) {
        Snapshot own = snapshots.get(wanted);
        return (own != null && own.hasOne(these)) || fallback(any).stream().anyMatch(other -> other.hasOne(these));
    }

    boolean isAnybodyIn(Subset wanted) {
        return !snapshots.getOrDefault(wanted, Snapshot.EMPTY).isEmpty();
    }

    /** Returns which subsets there are, in words. */
    String describe() {
        return Text.some(snapshots.keySet());
    }
}
