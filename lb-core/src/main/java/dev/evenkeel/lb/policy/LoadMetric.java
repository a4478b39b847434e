package dev.evenkeel.lb.policy;

/** What a load-based policy compares. Lower is better. */
public enum LoadMetric {
    /** The attempts in flight, in relation to the weight. Blind to slowness that does not yet queue; needs no history. */
    IN_FLIGHT {
        @Override
        double load(Node node, double relativeWeight, long nowNanos) {
            return node.inFlight() / relativeWeight + 1;
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
        double load(Node node, double relativeWeight, long nowNanos) {
            int inFlight = node.inFlight();
            double latency = node.latencyNanos(nowNanos);
            if (latency == 0) {
                latency = inFlight == 0 ? 0 : UNMEASURED_AND_BUSY_NANOS;
            }
            return latency * (inFlight / relativeWeight + 1);
        }
    };

    /** The price of the worst failure, 30 s: large enough to keep a crowd away, small enough that adding 1 in flight still shows. */
    private static final double UNMEASURED_AND_BUSY_NANOS = 30e9;

    /**
     * Returns the load of a node.
     *
     * <p>The weight divides what is in flight rather than the whole product: then equal endpoints look equal while they are idle, and a
     * light one gets its share at low traffic too instead of none until the heavy ones are busy.
     *
     * @param relativeWeight the node's weight divided by the mean weight of the candidates; 1 when all weights are equal
     */
    abstract double load(Node node, double relativeWeight, long nowNanos);
}
