package dev.evenkeel.lb.policy;

/** What a load-based policy compares. Lower is better. */
public enum LoadMetric {
    /**
     * The attempts in flight. Needs no history; blind to slowness that does not yet queue. An endpoint that fails at once gets no more than
     * its share, and that until it is ejected.
     */
    IN_FLIGHT {
        @Override
        double cost(Node node, int inFlight, long nowNanos) {
            return 1;
        }
    },

    /**
     * The expected latency times the queue that a new attempt would join. An endpoint without any answer yet gets one attempt at a
     * time until the first answer: free it is taken to be as fast as whom it is compared with, busy it looks as bad as an endpoint can.
     *
     * <p>Source: Finagle's {@code PeakEwma}; what failures cost is described at {@link Node#latencyNanos}.
     */
    PEAK_EWMA {
        @Override
        double cost(Node node, int inFlight, long nowNanos) {
            double latency = node.latencyNanos(nowNanos);
            if (latency > 0) {
                return latency;
            }
            return inFlight == 0 ? node.usualLatencyNanos() : UNMEASURED_AND_BUSY_NANOS;
        }
    };

    /** The price of the worst failure, 30 s: large enough to keep a crowd away, small enough that adding 1 in flight still shows. */
    private static final double UNMEASURED_AND_BUSY_NANOS = 30e9;

    /**
     * The cost of a node of which nothing is known. It is as good as the next one and not better: else each of many clients would send one
     * of its next requests to a newcomer, and all together too many. In the simulator, where a tenth server joins without a slow
     * start, 1,000 clients gave it 15 % of their calls at first; so they give it 9 %.
     */
    static final double UNKNOWN = 0;

    /** Returns what one attempt costs at a node that has so many in flight, or {@link #UNKNOWN}. */
    abstract double cost(Node node, int inFlight, long nowNanos);

    /** Returns a cost, in which the other one of a comparison stands in for what is unknown. */
    static double known(double cost, double other) {
        return cost == UNKNOWN ? other : cost;
    }

    /**
     * Returns whether the load of a node is less than that of another: the cost of all in flight there and of one more.
     *
     * <p>A node that is failing gets no credit for a queue that is shorter than that of one which is well. It is short because failing is
     * quick; under high load, where healthy queues are long, nothing else would keep traffic away from it. Where both are failing
     * the queues count again: else all requests would go to the one whose price is a little lower, until it is worn down as well.
     */
    final boolean isLess(Node node, Node than, long nowNanos) {
        int mine = node.inFlight();
        int others = than.inFlight();
        double cost = cost(node, mine, nowNanos);
        double othersCost = cost(than, others, nowNanos);
        boolean failing = node.isFailing();
        boolean otherFailing = than.isFailing();
        return known(cost, othersCost) * queue(failing, mine, otherFailing ? 0 : others)
                < known(othersCost, cost) * queue(otherFailing, others, failing ? 0 : mine);
    }

    /** Returns the queue that a node is credited with, where the longest of nodes which are well has so many in flight. */
    static double queue(boolean failing, int inFlight, int longestOfWell) {
        return (failing ? Math.max(inFlight, longestOfWell) : inFlight) + 1.0;
    }
}
