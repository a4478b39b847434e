package dev.evenkeel.lb.testkit;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.Node;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** A node whose state is whatever a test says. Safe for use by many threads. */
public final class FakeNode implements Node {
    private volatile Endpoint endpoint;
    private volatile int inFlight;
    private volatile double latencyNanos;
    private volatile boolean failing;
    private volatile boolean pushedBack;

    private FakeNode(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** Returns an idle node of weight 1 that has not been measured; the index makes its address. */
    public static FakeNode at(int index) {
        return new FakeNode(
                Endpoint.of("10." + (index >> 16 & 0xFF) + "." + (index >> 8 & 0xFF) + "." + (index & 0xFF), 80));
    }

    /** Returns so many idle nodes of weight 1 that have not been measured. */
    public static List<FakeNode> many(int count) {
        return IntStream.range(0, count).mapToObj(FakeNode::at).toList();
    }

    /** Returns idle nodes of these weights that have not been measured. */
    public static List<FakeNode> weighted(double... weights) {
        return IntStream.range(0, weights.length)
                .mapToObj(i -> at(i).weight(weights[i]))
                .toList();
    }

    /** Changes the weight. */
    public FakeNode weight(double weight) {
        endpoint = endpoint.withWeight(weight);
        return this;
    }

    /** Changes how many attempts are in flight. */
    public FakeNode inFlight(int attempts) {
        inFlight = attempts;
        return this;
    }

    /** Changes the latency to expect; zero means that nothing has been answered yet. */
    public FakeNode latency(Duration latency) {
        latencyNanos = latency.toNanos();
        return this;
    }

    /** Changes whether the latest answer was a failure. */
    public FakeNode failing(boolean newFailing) {
        failing = newFailing;
        return this;
    }

    /** Changes whether it asked for a pause. */
    public FakeNode pushedBack(boolean newPushedBack) {
        pushedBack = newPushedBack;
        return this;
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public boolean isFailing() {
        return failing;
    }

    @Override
    public boolean isPushedBack() {
        return pushedBack;
    }

    @Override
    public double latencyNanos(long nowNanos) {
        return latencyNanos;
    }

    @Override
    public String toString() {
        return endpoint + " weight " + endpoint.weight() + ", " + inFlight + " in flight, "
                + Duration.ofNanos((long) latencyNanos);
    }
}
