package dev.evenkeel.lb;

import dev.evenkeel.lb.observe.Event;
import java.util.Collection;

/**
 * Sees to it that no endpoint is avoided silently: when one that is available gets much less than its due because it looks slow, that is said, and
 * when it ends. Called in sweeps.
 */
final class ShareWatch {
    /** A blip that is forgotten within this many sweeps is not worth a word. */
    private static final int SWEEPS = 2;

    private final Cluster cluster;

    ShareWatch(Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Looks at all endpoints that something happened to.
     *
     * @param all the endpoints of the service
     */
    void look(Collection<TrackedNode> awake, Collection<TrackedNode> all) {
        Shares shares = Shares.of(all);
        for (TrackedNode node : awake) {
            boolean avoided = node.availability().isAvailable() && node.isFarSlower() && shares.isShort(node);
            node.sweepsAvoided = avoided ? Math.min(SWEEPS, node.sweepsAvoided + 1) : 0;
            if (node.sweepsAvoided == SWEEPS && !node.saidAvoided) {
                node.saidAvoided = true;
                cluster.announce(
                        Event.Type.AVOIDED,
                        node.endpoint(),
                        node.whyAvoided() + "; has " + percent(shares.of(node)) + " of the attempts");
            } else if (!avoided && node.saidAvoided) {
                node.saidAvoided = false;
                cluster.announce(Event.Type.NO_LONGER_AVOIDED, node.endpoint(), after(node));
            }
        }
    }

    private static String after(TrackedNode node) {
        if (!node.availability().isAvailable()) {
            return "as it is out: " + node.availability();
        }
        return !node.isFarSlower() ? "it answers as its peers do" : "it has its share";
    }

    static String percent(double share) {
        return Math.round(share * 1000) / 10.0 + " %";
    }
}
