package dev.evenkeel.lb.policy;

import java.util.random.RandomGenerator;

/**
 * The least loaded of three or more different nodes of equal weight.
 *
 * <p>The nodes stand in a circle that is cut, from a random point on, into as many sections as there are draws, with one draw from each:
 * so the draws differ without remembering them, and every node is drawn equally often.
 */
final class FewChoicesPicker implements Picker {
    private final LoadMetric metric;
    private final int draws;
    private final Node[] nodes;
    private final RandomGenerator random;

    FewChoicesPicker(LoadMetric metric, int draws, Node[] nodes, RandomGenerator random) {
        this.metric = metric;
        this.draws = draws;
        this.nodes = nodes;
        this.random = random;
    }

    @Override
    public Node pick(PickContext context, long nowNanos) {
        int start = Draw.upper(random.nextLong(), nodes.length);
        int offset = random.nextInt(draws); // which section comes first, and so wins ties
        Node best = drawFrom(offset, start);
        for (int i = 1; i < draws; i++) {
            Node node = drawFrom((offset + i) % draws, start);
            if (metric.isLess(node, best, nowNanos)) {
                best = node;
            }
        }
        return best;
    }

    private Node drawFrom(int section, int start) {
        int n = nodes.length;
        int from = section * n / draws;
        int to = (section + 1) * n / draws;
        return nodes[(start + from + Draw.upper(random.nextLong(), to - from)) % n];
    }
}
