package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.KeyMap;
import dev.evenkeel.lb.policy.KeyedPolicy;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where keys go, for each part of the endpoints; worked out once for all views, and again only when endpoints or their weights change. Used
 * under the cluster's lock.
 */
final class KeyMaps {
    private final KeyedPolicy policy;
    private Map<String, Known> current = new HashMap<>();
    private Map<String, Known> lastRound = Map.of();

    KeyMaps(KeyedPolicy policy) {
        this.policy = policy;
    }

    private record Known(List<Endpoint> endpoints, KeyMap map) {
        boolean isFor(List<TrackedNode> nodes) {
            if (nodes.size() != endpoints.size()) {
                return false;
            }
            for (int i = 0; i < endpoints.size(); i++) {
                if (!isAlike(endpoints.get(i), nodes.get(i).endpoint())) {
                    return false;
                }
            }
            return true;
        }

        @SuppressWarnings("ReferenceEquality") // mostly it is the same object, and there are many
        private static boolean isAlike(Endpoint one, Endpoint other) {
            return one == other
                    || (one.id().equals(other.id())
                            && one.address().equals(other.address())
                            && one.weight() == other.weight());
        }
    }

    /** Begins a round in which all views are rebuilt: what is not asked for in it, nor in the one before, is forgotten. */
    void beginRound() {
        lastRound = current;
        current = new HashMap<>();
    }

    /** Returns the map of a part. */
    KeyMap of(Layout.Part part) {
        Known known = known(part);
        if (known == null) {
            List<Endpoint> endpoints =
                    part.nodes().stream().map(TrackedNode::endpoint).toList();
            known = new Known(endpoints, policy.newKeyMap(endpoints));
        }
        current.put(part.name(), known);
        return known.map;
    }

    private @Nullable Known known(Layout.Part part) {
        Known known = current.getOrDefault(part.name(), lastRound.get(part.name()));
        return known != null && known.isFor(part.nodes()) ? known : null;
    }

    /** Returns at which positions of a part its candidates are; both are in the same order. */
    static BitSet positions(Candidates.Group group) {
        BitSet positions = new BitSet(group.part().nodes().size());
        int found = 0;
        for (int i = 0; found < group.nodes().size(); i++) {
            if (isSame(group.part().nodes().get(i), group.nodes().get(found))) {
                positions.set(i);
                found++;
            }
        }
        return positions;
    }

    @SuppressWarnings("ReferenceEquality") // a node is its own identity
    private static boolean isSame(TrackedNode one, TrackedNode other) {
        return one == other;
    }
}
