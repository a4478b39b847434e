package dev.evenkeel.lb;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.time.Ticker;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
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
    private final SlowStart slowStart;
    private final Consumer<TrackedNode> watch;
    private final Census census = new Census();
    private final Set<TrackedNode> heldBack = new LinkedHashSet<>(); // or may be; the others have their whole weights
    private double flatter = 1; // see refreshWeights
    private final Cache<String, TrackedNode> remembered;
    private final Set<String> drainedByHand = new HashSet<>();
    private final Set<String> evacuated = new HashSet<>(); // zones
    private int used = Integer.MAX_VALUE;
    private long version;
    private volatile Map<String, TrackedNode> nodes =
            Map.of(); // never changed but replaced; read without the lock, too

    /**
     * Creates an empty list.
     *
     * @param watch is told whenever it changes whether a node is out, used or in the list
     */
    Members(Settings settings, Ticker ticker, Usual usual, Consumer<TrackedNode> watch) {
        this.limits = settings.limits();
        this.slowStart = settings.slowStart();
        this.ticker = ticker;
        this.usual = usual;
        this.watch = watch;
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
            node.leave();
            remembered.put(node.endpoint().id(), node);
        });
        outcome.added().forEach((node, endpoint) -> {
            node.describedAs(endpoint);
            node.join(this::changed);
            heldBack.add(node);
            remembered.invalidate(node.endpoint().id());
        });
        outcome.changed().forEach((node, endpoint) -> {
            node.describedAs(endpoint);
            heldBack.add(node);
        });
        nodes = outcome.nodes();
        usual.setEndpoints(used());
        version++;
    }

    /** Returns a number that changes whenever the list does. */
    long version() {
        return version;
    }

    private void changed(TrackedNode node) {
        census.update(node);
        watch.accept(node);
    }

    /** Returns how many endpoints are used, and how many are out on suspicion. */
    Census census() {
        return census;
    }

    /** Makes an endpoint one that has only just joined. */
    void startOver(TrackedNode node, long nowNanos) {
        node.startOver(nowNanos);
        holdBack(node, nowNanos);
    }

    /**
     * Notes that something new holds an endpoint back, and works out its weight anew; what follows from that for others waits until {@link
     * #refreshWeights}. Returns whether the weight changed enough to matter.
     */
    boolean holdBack(TrackedNode node, long nowNanos) {
        if (node.isRemoved()) {
            return false;
        }
        heldBack.add(node);
        return refreshWeight(node, nowNanos);
    }

    /** Does the same for an endpoint whose weight is worked out with those of the others. */
    void holdBack(TrackedNode node) {
        heldBack.add(node);
    }

    /**
     * Works out the weights anew of all that anything holds back, and returns whether one changed enough to matter.
     *
     * <p>What starts slowly leaves its share to the others. Where many start at a time, as in a rolling deploy, that would overload those
     * that are warm, so the ramps are made flatter until no more than a quarter of the endpoints' capacity is held back.
     */
    boolean refreshWeights(long nowNanos) {
        double sum = 0;
        for (TrackedNode node : heldBack) {
            sum += 1 - node.ramp(slowStart, nowNanos);
        }
        flatter = Math.min(1, MOST_HELD_BACK * nodes.size() / Math.max(sum, 1e-9));
        boolean changed = false;
        for (Iterator<TrackedNode> each = heldBack.iterator(); each.hasNext(); ) {
            TrackedNode node = each.next();
            changed |= refreshWeight(node, nowNanos);
            if (node.isRemoved() || node.hasWholeWeight()) {
                each.remove();
            }
        }
        return changed;
    }

    private boolean refreshWeight(TrackedNode node, long nowNanos) {
        return node.refreshWeight(1 - flatter * (1 - node.ramp(slowStart, nowNanos)), nowNanos);
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
