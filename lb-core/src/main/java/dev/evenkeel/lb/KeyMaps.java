package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.KeyMap;
import dev.evenkeel.lb.policy.KeyedPolicy;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where keys go, for each part of the endpoints; worked out once for all views, and again only when what discovery says of them changes. Used
 * under the cluster's lock.
 *
 * <p>All parts have theirs from the moment on that the list is new, also those that nobody needs yet: when a zone is lost, or a priority, it is a
 * request that finds out, and no request is to wait for a map.
 */
final class KeyMaps {
    private final KeyedPolicy policy;
    private Map<String, Known> maps = new HashMap<>(); // by the names of the parts
    private long version; // of the list that they are for; at first there is none, and nothing to work out

    KeyMaps(KeyedPolicy policy) {
        this.policy = policy;
    }

    private record Known(List<Endpoint> endpoints, KeyMap map) {
        boolean isFor(List<TrackedNode> nodes) {
            if (nodes.size() != endpoints.size()) {
                return false;
            }
            for (int i = 0; i < endpoints.size(); i++) {
                if (!isAlike(endpoints.get(i), nodes.get(i).placed())) {
                    return false;
                }
            }
            return true;
        }

        /** A policy may look at anything that discovery says. But whoever shuts down is walked past, as everybody who is out. */
        @SuppressWarnings("ReferenceEquality") // mostly it is the same object, and there are many
        private static boolean isAlike(Endpoint one, Endpoint other) {
            return one == other || one.equals(other.withTerminating(one.isTerminating()));
        }
    }

    /** Returns whether the maps of this list are there. */
    boolean areFor(long listVersion) {
        return version == listVersion;
    }

    /** Works out the maps of all parts of a list, as far as they are not known, and forgets all others. */
    void prepare(Arrangement arrangement, long listVersion) {
        if (version == listVersion) {
            return;
        }
        Map<String, Known> all = new HashMap<>();
        arrangement.parts().forEach(part -> all.put(part.name(), known(part)));
        maps = all;
        version = listVersion;
    }

    /** Returns the map of a part. */
    KeyMap of(Layout.Part part) {
        Known known = known(part);
        maps.put(part.name(), known);
        return known.map;
    }

    private Known known(Layout.Part part) {
        Known known = maps.get(part.name());
        if (known != null && known.isFor(part.nodes())) {
            return known;
        }
        List<Endpoint> endpoints =
                part.nodes().stream().map(TrackedNode::placed).toList();
        return new Known(endpoints, policy.newKeyMap(endpoints));
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
