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
    void set(LoadBalancerView view, Endpoint endpoint, boolean isReady) {
        engine.cluster.tell((members, now) -> {
            TrackedNode node = members.find(endpoint);
            if (node == null) {
                return false;
            }
            boolean changed = isReady ? connected.add(node) : connected.remove(node);
            if (changed) {
                engine.cluster.outdated(view);
            }
            return changed && isReady && engine.connects.connectedAgain(members, node, now);
        });
    }

    /** Learns that the transport has lost its connection to an endpoint, and failed to make another. */
    void lost(Endpoint endpoint) {
        engine.cluster.tell((members, now) -> {
            TrackedNode node = members.find(endpoint);
            if (node != null && !engine.cluster.isConnected(node)) {
                node.connects.lost(now);
            }
            return false;
        });
    }

    /** Learns that the transport could not connect to an endpoint. */
    void unreachable(Endpoint endpoint, String why) {
        engine.cluster.tell((members, now) -> {
            TrackedNode node = members.find(endpoint);
            return node != null && !engine.cluster.isConnected(node) && engine.connects.unreachable(node, why, now);
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
