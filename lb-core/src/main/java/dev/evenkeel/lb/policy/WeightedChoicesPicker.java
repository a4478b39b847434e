package dev.evenkeel.lb.policy;

import java.util.random.RandomGenerator;

/**
 * The least loaded of some nodes drawn in proportion to their weights.
 *
 * <p>Shares follow the weights because nobody gains from a comparison between equals. A node of weight 100 is thought of as a hundred
 * units of weight 1, with its attempts spread evenly over them; drawing the node draws one unit. Two nodes are compared unit by unit, in
 * units as large as the lighter of the two: then both units carry the same on average, and lose to each other equally often. Comparing
 * attempts per weight instead would favour whom rounding favours: with one attempt in flight a light node looks overloaded, with none it
 * looks better than any heavy one.
 */
final class WeightedChoicesPicker implements Picker {
    /**
     * Differences in cost below this factor do not count, or which of two nodes was a microsecond faster would decide instead of their
     * weights. Guessed; to be settled in the simulator.
     */
    private static final double CLEARLY = 2;

    private static final int REDRAWS = 3;

    private final LoadMetric metric;
    private final int draws;
    private final Node[] nodes;
    private final double[] weights;
    private final AliasTable table;
    private final RandomGenerator random;

    WeightedChoicesPicker(LoadMetric metric, int draws, Node[] nodes, double[] weights, RandomGenerator random) {
        this.metric = metric;
        this.draws = draws;
        this.nodes = nodes;
        this.weights = weights;
        this.table = new AliasTable(weights);
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        int best = table.draw(random.nextLong());
        int inFlight = nodes[best].inFlight();
        double cost = metric.cost(nodes[best], inFlight, nowNanos);
        double unit = random.nextDouble();
        for (int i = 1; i < draws; i++) {
            int other = table.draw(random.nextLong());
            double handicap = 1;
            if (other == best) {
                // Nobody is compared with itself. But whoever comes in its place comes more often than its
                // weight allows, so it must be clearly better.
                other = drawOtherThan(best);
                handicap = CLEARLY;
            }
            int otherInFlight = nodes[other].inFlight();
            double costThere = metric.cost(nodes[other], otherInFlight, nowNanos);
            double otherCost = LoadMetric.known(costThere, cost);
            double thisCost = LoadMetric.known(cost, costThere);
            double otherUnit = random.nextDouble();
            double unitWeight = Math.min(weights[best], weights[other]);
            double queue = 1 + onUnit(inFlight * unitWeight / weights[best], unit);
            double otherQueue = 1 + onUnit(otherInFlight * unitWeight / weights[other], otherUnit);
            if (nodes[best].isFailing() != nodes[other].isFailing()) { // see LoadMetric.isLess
                double longer = Math.max(queue, otherQueue);
                queue = nodes[best].isFailing() ? longer : queue;
                otherQueue = nodes[other].isFailing() ? longer : otherQueue;
            }
            boolean alike = thisCost <= CLEARLY * otherCost && otherCost <= CLEARLY * thisCost;
            boolean better =
                    alike ? handicap * otherQueue < queue : handicap * otherCost * otherQueue < thisCost * queue;
            if (better) {
                best = other;
                inFlight = otherInFlight;
                cost = costThere;
                unit = otherUnit;
            }
        }
        return nodes[best];
    }

    /** Returns how many attempts a unit holds when so many are spread evenly over units and it is the one at {@code position}. */
    private static double onUnit(double attemptsPerUnit, double position) {
        return Math.floor(attemptsPerUnit + position);
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
