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

    /**
     * Returns the load of a node that is compared with others: the cost of all in flight and of one more.
     *
     * <p>A node that is failing gets no credit for a queue that is shorter than others'. It is short because failing is quick; under high
     * load, where healthy queues are long, nothing else would keep traffic away from it.
     *
     * @param othersQueue the most attempts in flight at any of those that it is compared with
     */
    final double load(Node node, int othersQueue, long nowNanos) {
        int inFlight = node.inFlight();
        int queue = node.isFailing() ? Math.max(inFlight, othersQueue) : inFlight;
        return cost(node, inFlight, nowNanos) * (queue + 1.0);
    }
}
