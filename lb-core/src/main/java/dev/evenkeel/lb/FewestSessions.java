package dev.evenkeel.lb;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Picks where a session begins: of two endpoints drawn by weight the one with fewer sessions for its weight. A session stays for long, so it
 * must not depend on which endpoint was a little faster or less busy at the moment when it began; but it begins neither where attempts
 * fail nor where they take far longer.
 *
 * <p>Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001. Many clients count apart from each other, and two
 * draws keep them from sending all new sessions to the same newcomer: it gets at most twice its share.
 *
 * @param ttlNanos how long a session counts
 */
record FewestSessions(long ttlNanos) implements LoadBalancingPolicy {
    /** As between zones: see {@link GroupPicker}. Guessed. */
    private static final double FAR_SLOWER = 4;

    /** Shorter answers are never too slow, as for the latency outlier detector; a cold server's first answer is no reason. Guessed. */
    private static final double FLOOR_NANOS = 100e6;

    private static final int REDRAWS = 10;

    @Override
    public Picker newPicker(List<? extends Node> candidates, RandomGenerator random) {
        Picker draw = LoadBalancingPolicy.weightedRandom().newPicker(candidates, random);
        if (candidates.size() == 1) {
            return draw;
        }
        return (context, nowNanos) -> {
            TrackedNode one = (TrackedNode) draw.pick(context, nowNanos);
            TrackedNode other = (TrackedNode) draw.pick(context, nowNanos);
            for (int i = 0; i < REDRAWS && isSame(one, other); i++) {
                other = (TrackedNode) draw.pick(context, nowNanos);
            }
            return isBetter(other, one, nowNanos) ? other : one;
        };
    }

    private boolean isBetter(TrackedNode node, TrackedNode than, long nowNanos) {
        if (node.isFailing() != than.isFailing()) {
            return than.isFailing();
        }
        double latency = node.latencyNanos(nowNanos);
        double othersLatency = than.latencyNanos(nowNanos);
        if (isFarSlower(latency, othersLatency) || isFarSlower(othersLatency, latency)) {
            return latency < othersLatency;
        }
        return sessionsForWeight(node, nowNanos) < sessionsForWeight(than, nowNanos);
    }

    private static boolean isFarSlower(double latency, double than) {
        return latency > FLOOR_NANOS && than > 0 && latency > FAR_SLOWER * than;
    }

    private double sessionsForWeight(TrackedNode node, long nowNanos) {
        return node.sessions.now(ttlNanos, nowNanos) / node.weight();
    }

    @SuppressWarnings("ReferenceEquality") // a node is its own identity
    private static boolean isSame(TrackedNode one, TrackedNode other) {
        return one == other;
    }
}
