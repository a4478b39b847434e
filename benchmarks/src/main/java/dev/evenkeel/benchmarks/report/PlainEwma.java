package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.Node;
import dev.evenkeel.lb.policy.Picker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The better of two by a moving average of latency times the queue, in which a failure counts as what it took: a server that fails at once
 * looks fast. Written with what anybody may use, a policy that listens to attempts; one for each load balancer, and for one thread.
 *
 * <p>A listener is not told the time, so an average ages from the latest pick before the answer.
 *
 * <p>Source: Finagle's {@code PeakEwma} as it ships: jumps to peaks, decays over 10 s, and an endpoint without an answer gets one attempt.
 */
final class PlainEwma implements LoadBalancingPolicy, LoadBalancerListener {
    private static final double DECAY_NANOS = 10e9;
    private static final double UNMEASURED_AND_BUSY_NANOS = 30e9;

    private final Map<String, Average> averages = new HashMap<>();
    private long latestPickNanos;

    /** An average, and as of when. */
    private record Average(double nanos, long atNanos) {
        double decay(long nowNanos) {
            return StrictMath.exp(-(nowNanos - atNanos) / DECAY_NANOS);
        }

        Average with(double sample, long nowNanos) {
            double keep = decay(nowNanos);
            return new Average(sample > nanos ? sample : nanos * keep + sample * (1 - keep), nowNanos);
        }
    }

    @Override
    public void onAttempt(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        long now = latestPickNanos;
        averages.compute(
                endpoint.id(),
                (id, average) -> average == null
                        ? new Average((double) latencyNanos, now)
                        : average.with((double) latencyNanos, now));
    }

    @Override
    public Picker newPicker(List<? extends Node> candidates, RandomGenerator random) {
        return (context, nowNanos) -> {
            latestPickNanos = nowNanos;
            if (candidates.size() == 1) {
                return candidates.get(0);
            }
            int first = random.nextInt(candidates.size());
            int second = random.nextInt(candidates.size() - 1);
            Node a = candidates.get(first);
            Node b = candidates.get(second < first ? second : second + 1);
            return load(b, nowNanos) < load(a, nowNanos) ? b : a;
        };
    }

    private double load(Node node, long nowNanos) {
        Average average = averages.get(node.endpoint().id());
        if (average == null) {
            return node.inFlight() == 0 ? 0 : UNMEASURED_AND_BUSY_NANOS * (node.inFlight() + 1.0);
        }
        return average.nanos() * average.decay(nowNanos) * (node.inFlight() + 1.0);
    }
}
