package dev.evenkeel.lb.policy;

import java.util.random.RandomGenerator;

/**
 * The least loaded of some nodes drawn in proportion to their weights.
 *
 * <p>The first node drawn stays unless a later one carries clearly less. Where nodes are about equally loaded, shares therefore
 * follow the weights exactly, and a light node gets its share even when there is next to no traffic; if loads were compared to the
 * last digit, which of two nodes was a microsecond faster would decide instead of their weights.
 */
final class WeightedChoicesPicker implements Picker {
    /** How many times less a node must carry to be preferred to one drawn before it. Guessed; to be settled in the simulator. */
    private static final double CLEARLY = 2;

    private static final int REDRAWS = 3;

    private final LoadMetric metric;
    private final int draws;
    private final Node[] nodes;
    private final double[] relativeWeights;
    private final AliasTable table;
    private final RandomGenerator random;

    WeightedChoicesPicker(LoadMetric metric, int draws, Node[] nodes, double[] weights, RandomGenerator random) {
        this.metric = metric;
        this.draws = draws;
        this.nodes = nodes;
        this.relativeWeights = Draw.relativeToMean(weights);
        this.table = new AliasTable(weights);
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        int best = table.draw(random.nextLong());
        double bestLoad = load(best, nowNanos);
        for (int i = 1; i < draws; i++) {
            int other = drawOtherThan(best);
            double load = load(other, nowNanos);
            if (load * CLEARLY < bestLoad) {
                best = other;
                bestLoad = load;
            }
        }
        return nodes[best];
    }

    private double load(int index, long nowNanos) {
        return metric.load(nodes[index], relativeWeights[index], nowNanos);
    }

    /** A node that holds nearly all the weight would be drawn again and again, so any other will do after a few times. */
    private int drawOtherThan(int taken) {
        for (int i = 0; i < REDRAWS; i++) {
            int other = table.draw(random.nextLong());
            if (other != taken) {
                return other;
            }
        }
        int other = Draw.upper(random.nextLong(), nodes.length - 1);
        return other < taken ? other : other + 1;
    }
}
