package dev.evenkeel.lb.policy;

/** What a load-based policy compares. Lower is better. */
public enum LoadMetric {
    /**
     * The attempts in flight. Needs no history; blind to slowness that does not yet queue, and to failures: an endpoint that fails at
     * once gets up to twice its share until it is ejected.
     */
    IN_FLIGHT {
        @Override
        double cost(Node node, int inFlight, long nowNanos) {
            return 1;
        }
    },

    /**
     * The expected latency times the queue that a new attempt would join. An endpoint without any answer yet gets one attempt at a
     * time until the first answer: free it looks best, busy it looks as bad as an endpoint can.
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
            return inFlight == 0 ? 0 : UNMEASURED_AND_BUSY_NANOS;
        }
    };

    /** The price of the worst failure, 30 s: large enough to keep a crowd away, small enough that adding 1 in flight still shows. */
    private static final double UNMEASURED_AND_BUSY_NANOS = 30e9;

    /** Returns what one attempt costs at a node that has so many in flight. */
    abstract double cost(Node node, int inFlight, long nowNanos);

    /** Returns the load of a node: the cost of all in flight and of one more. */
    final double load(Node node, long nowNanos) {
        int inFlight = node.inFlight();
        return cost(node, inFlight, nowNanos) * (inFlight + 1.0);
    }
}
