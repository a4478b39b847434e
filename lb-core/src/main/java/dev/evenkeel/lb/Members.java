package dev.evenkeel.lb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.time.Ticker;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of one service with their state, and those that left a short while ago. Used under the cluster's lock, except for {@link
 * #find(String)}.
 */
final class Members {
    /** With servers 60 % busy, those that are warm are then 80 % busy. Guessed, and tried in the simulator. */
    private static final double MOST_HELD_BACK = 0.25;

    private final Limits limits;
    private final Ticker ticker;
    private final Usual usual;
    private final Cache<String, TrackedNode> remembered;
    private final Set<String> drainedByHand = new HashSet<>();
    private final Set<String> evacuated = new HashSet<>(); // zones
    private int used = Integer.MAX_VALUE;
    private long version;
    private volatile Map<String, TrackedNode> nodes =
            Map.of(); // never changed but replaced; read without the lock, too

    Members(Settings settings, Ticker ticker, Usual usual) {
        this.limits = settings.limits();
        this.ticker = ticker;
        this.usual = usual;
        this.remembered = Caffeine.newBuilder()
                .expireAfterWrite(settings.memory())
                .maximumSize(Settings.REMEMBERED)
                .ticker(ticker::nanos)
                .executor(Runnable::run)
                .build();
    }

    Collection<TrackedNode> nodes() {
        return nodes.values();
    }

    int size() {
        return nodes.size();
    }

    /** Returns how many endpoints of the list this client uses. */
    int used() {
        return Math.min(used, size());
    }

    /** Notes how many endpoints are used; until then all are. */
    void setUsed(int newUsed) {
        used = newUsed;
        usual.setEndpoints(used());
    }

    /** Returns the node of an endpoint in the list, or null. */
    @Nullable
    TrackedNode find(String id) {
        return nodes.get(id);
    }

    /** Returns the node that tracks this endpoint at this address, or null. */
    @Nullable
    TrackedNode find(Endpoint endpoint) {
        TrackedNode node = nodes.get(endpoint.id());
        return node == null || Reconciler.isElsewhere(node, endpoint) ? null : node;
    }

    /** Compares with a new list; see {@link #accept}. */
    Reconciler reconcile(List<Endpoint> list) {
        return Reconciler.reconcile(nodes, list, this::recallOrMake);
    }

    /** Makes the outcome of a comparison the truth. The same endpoints in another order are no news, so they keep theirs. */
    void accept(Reconciler outcome) {
        if (!outcome.isChange()) {
            return;
        }
        outcome.removed().forEach(node -> {
            node.setRemoved(true);
            remembered.put(node.endpoint().id(), node);
        });
        outcome.added().forEach((node, endpoint) -> {
            node.setRemoved(false);
            node.describedAs(endpoint);
            remembered.invalidate(node.endpoint().id());
        });
        outcome.changed().forEach(TrackedNode::describedAs);
        nodes = outcome.nodes();
        usual.setEndpoints(used());
        version++;
    }

    /** Returns a number that changes whenever the list does. */
    long version() {
        return version;
    }

    /** Makes an endpoint one that has only just joined. */
    void startOver(TrackedNode node, SlowStart slowStart, long nowNanos) {
        node.startOver(nowNanos);
        refreshWeights(slowStart, nowNanos);
    }

    /**
     * Works out all weights anew, and returns whether one changed enough to matter.
     *
     * <p>What starts slowly leaves its share to the others. Where many start at a time, as in a rolling deploy, that would overload those
     * that are warm, so the ramps are made flatter until no more than a quarter of the endpoints' capacity is held back.
     */
    boolean refreshWeights(SlowStart slowStart, long nowNanos) {
        return refreshWeights(nodes.values(), slowStart, nowNanos);
    }

    /** Does the same where only these may have anything that holds them back. */
    boolean refreshWeights(Collection<TrackedNode> some, SlowStart slowStart, long nowNanos) {
        double heldBack = 0;
        for (TrackedNode node : some) {
            heldBack += 1 - node.ramp(slowStart, nowNanos);
        }
        double flatter = Math.min(1, MOST_HELD_BACK * nodes.size() / Math.max(heldBack, 1e-9));
        boolean changed = false;
        for (TrackedNode node : some) {
            changed |= node.refreshWeight(1 - flatter * (1 - node.ramp(slowStart, nowNanos)), nowNanos);
        }
        return changed;
    }

    /** Notes a drain order, or takes it back, and returns the node it concerns, if the endpoint is still there. */
    @Nullable
    TrackedNode order(String id, boolean drain) {
        if (drain) {
            drainedByHand.add(id);
        } else {
            drainedByHand.remove(id);
        }
        return nodes.get(id);
    }

    /** Notes that a zone is to drain, or no longer, and returns the nodes in it. */
    List<TrackedNode> orderZone(String zone, boolean evacuate) {
        if (evacuate) {
            evacuated.add(zone);
        } else {
            evacuated.remove(zone);
        }
        return nodes.values().stream().filter(node -> isIn(zone, node)).toList();
    }

    boolean isEvacuated(String zone) {
        return evacuated.contains(zone);
    }

    boolean hasZone(String zone) {
        return nodes.values().stream().anyMatch(node -> isIn(zone, node));
    }

    String describeZones() {
        return Text.some(nodes.values().stream()
                .map(node -> node.endpoint().locality().zone())
                .filter(zone -> !zone.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static boolean isIn(String zone, TrackedNode node) {
        return node.endpoint().locality().zone().equals(zone);
    }

    boolean mustDrain(Endpoint endpoint) {
        return endpoint.isTerminating()
                || endpoint.weight() == 0
                || drainedByHand.contains(endpoint.id())
                || evacuated.contains(endpoint.locality().zone());
    }

    String describeIds() {
        return Text.some(nodes.keySet());
    }

    private TrackedNode recallOrMake(Endpoint endpoint) {
        TrackedNode known = remembered.getIfPresent(endpoint.id());
        return known == null || Reconciler.isElsewhere(known, endpoint)
                ? limits.newNode(endpoint, ticker, usual)
                : known;
    }
}
