package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which endpoints one transport is connected to, as it reports. Safe for use by many threads; what changes picks is written under the cluster's lock. */
final class Readiness {
    private final Engine engine;
    private final Set<TrackedNode> connected = ConcurrentHashMap.newKeySet();

    Readiness(Engine engine) {
        this.engine = engine;
    }

    boolean isConnected(TrackedNode node) {
        return connected.contains(node);
    }

    /** Learns that the transport is connected to an endpoint, or no longer. */
    void set(Endpoint endpoint, boolean isReady) {
        engine.cluster.update((members, now) -> {
            TrackedNode node = members.find(endpoint);
            if (node == null) {
                return false;
            }
            if (!isReady) {
                return connected.remove(node);
            }
            if (!connected.add(node)) {
                return false;
            }
            engine.connects.connectedAgain(members, node, now);
            return true;
        });
    }

    /** Learns that the transport has lost its connection to an endpoint, and failed to make another. */
    void lost(Endpoint endpoint) {
        engine.cluster.update((members, now) -> {
            TrackedNode node = members.find(endpoint);
            if (node != null && !engine.cluster.isConnected(node)) {
                node.connects.lost(now);
            }
            return false;
        });
    }

    /** Forgets who has left the list; called under the cluster's lock. */
    void forgetRemoved() {
        connected.removeIf(TrackedNode::isRemoved);
    }

    void forgetAll() {
        connected.clear();
    }
}
