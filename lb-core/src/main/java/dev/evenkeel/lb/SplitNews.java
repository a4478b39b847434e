package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.observe.Event;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Says when a split names a subset that no endpoint is in, as a misspelt one does, and when that is over. Used under the cluster's lock.
 */
final class SplitNews {
    private Split split = Split.NONE;
    private long version = -1; // of the list
    private Set<Subset> unmatched = Set.of();

    /** Compares the split in force with the list. Before there is one, and with a list that is empty, nothing is to be said. */
    void tell(Cluster cluster, Members members, Split newSplit) {
        if (version == members.version() && split.equals(newSplit)) {
            return;
        }
        version = members.version();
        split = newSplit;
        Set<Subset> before = unmatched;
        unmatched = members.size() == 0 ? Set.of() : unmatched(newSplit, members.nodes());
        unmatched.stream()
                .filter(subset -> !before.contains(subset))
                .forEach(subset ->
                        cluster.announce(Event.Type.SPLIT_UNMATCHED, null, describe(subset, members.nodes())));
        before.stream()
                .filter(subset -> !unmatched.contains(subset))
                .forEach(subset -> cluster.announce(
                        Event.Type.SPLIT_MATCHED,
                        null,
                        newSplit.weights().containsKey(subset)
                                ? "there is an endpoint with " + subset
                                : "the split names " + subset + " no more"));
    }

    private static Set<Subset> unmatched(Split split, Collection<TrackedNode> nodes) {
        return split.weights().entrySet().stream()
                .filter(entry -> entry.getValue() > 0 && !isAnyIn(entry.getKey(), nodes))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** Returns whether an endpoint is in the subset, whatever is held against it. */
    static boolean isAnyIn(Subset subset, Collection<TrackedNode> nodes) {
        return nodes.stream().anyMatch(node -> subset.contains(node.endpoint().metadata()));
    }

    private static String describe(Subset subset, Collection<TrackedNode> nodes) {
        return "no endpoint has " + subset + ", so its share of the split goes to others; there are "
                + valuesLike(subset, nodes);
    }

    /** Returns which subsets by the same metadata there are, in words. */
    static String valuesLike(Subset subset, Collection<TrackedNode> nodes) {
        Set<String> keys = subset.metadata().keySet();
        return Text.some(nodes.stream()
                .map(node -> node.endpoint().metadata())
                .filter(metadata -> metadata.keySet().containsAll(keys))
                .map(metadata -> {
                    Map<String, String> some =
                            keys.stream().collect(Collectors.toMap(key -> key, key -> metadata.getOrDefault(key, "")));
                    return new Subset(some).toString();
                })
                .collect(Collectors.toCollection(TreeSet::new)));
    }
}
