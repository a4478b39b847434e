package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestKey;
import dev.evenkeel.lb.locality.Subsetting;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which of many endpoints this client uses: those to which its id draws it most, and as many more as there are among them that are
 * out. So what it uses grows when some go out, and is the same as before when they are back. Used under the cluster's lock.
 */
final class FairChoice {
    private static final double TWO_TO_64 = 0x1p64;

    private final Subsetting subsetting;
    private final RandomGenerator random;
    private @Nullable RequestKey client; // without an id of its own, drawn when it is first needed
    private final Set<TrackedNode> chosen = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean choosing;
    private boolean chose; // the last time: else all are used, and known to be

    FairChoice(Subsetting subsetting, @Nullable String clientId, RandomGenerator random) {
        this.subsetting = subsetting;
        this.random = random;
        this.client = clientId == null ? null : RequestKey.of(clientId);
    }

    /** Begins to choose among a service's endpoints. */
    void begin(Members members) {
        choosing = members.size() > subsetting.above();
        chosen.clear();
    }

    /**
     * Returns those of a part that are used.
     *
     * @param all how many endpoints there are to choose from in all parts
     */
    List<TrackedNode> of(List<TrackedNode> part, int all) {
        int size = subsetting.sizeOf(part.size(), all);
        List<TrackedNode> used = size < part.size() ? strongest(part, size) : part;
        if (choosing) {
            chosen.addAll(used);
        }
        return used;
    }

    /**
     * Weights are spread evenly over all that 64 bits can say, so the strongest few of many are found by looking at those above a line. Should
     * there be too few, many of them being out, the line was too high.
     */
    private List<TrackedNode> strongest(List<TrackedNode> part, int size) {
        for (double share = 2.0 * size / part.size(); ; share *= 2) {
            List<TrackedNode> ranked = above(part, 1 - share);
            int end = 0;
            for (int available = 0; end < ranked.size() && available < size; end++) {
                available += ranked.get(end).availability().isAvailable() ? 1 : 0;
                if (available == size) {
                    return List.copyOf(ranked.subList(0, end + 1));
                }
            }
            if (share >= 1) {
                return ranked;
            }
        }
    }

    private List<TrackedNode> above(List<TrackedNode> part, double line) {
        List<TrackedNode> ranked = new ArrayList<>();
        for (TrackedNode node : part) {
            if (unsigned(attraction(node)) >= line * TWO_TO_64) {
                ranked.add(node);
            }
        }
        ranked.sort((a, b) -> Long.compareUnsigned(b.attraction, a.attraction));
        return ranked;
    }

    private static double unsigned(long value) {
        return (value >>> 1) * 2.0;
    }

    private long attraction(TrackedNode node) {
        if (node.attraction == 0) { // not worked out yet
            node.attraction =
                    Subsetting.weight(client(), RequestKey.of(node.endpoint().id()));
        }
        return node.attraction;
    }

    private RequestKey client() {
        RequestKey known = client;
        if (known == null) {
            known = new RequestKey(random.nextLong());
            client = known;
        }
        return known;
    }

    /** Ends the choice: notes at each endpoint whether it is used, and returns whether that has changed for any. */
    boolean end(Members members) {
        if (!choosing && !chose) {
            return false;
        }
        chose = choosing;
        boolean changed = false;
        for (TrackedNode node : members.nodes()) {
            changed |= node.setUsed(!choosing || chosen.contains(node));
        }
        members.setUsed(choosing ? chosen.size() : Integer.MAX_VALUE);
        return changed;
    }
}
