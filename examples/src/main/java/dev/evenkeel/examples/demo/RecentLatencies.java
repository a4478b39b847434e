package dev.evenkeel.examples.demo;

import java.util.ArrayDeque;

/** The latencies of the last second. Safe for use by many threads. */
final class RecentLatencies {
    private static final long WINDOW_NANOS = 1_000_000_000;

    private final ArrayDeque<Sample> samples = new ArrayDeque<>(); // guarded by this

    private record Sample(long atNanos, long latencyNanos) {}

    synchronized void add(long nowNanos, long latencyNanos) {
        samples.add(new Sample(nowNanos, latencyNanos));
        forget(nowNanos);
    }

    synchronized Latencies at(long nowNanos) {
        forget(nowNanos);
        return Latencies.of(samples.stream().mapToLong(Sample::latencyNanos));
    }

    private void forget(long nowNanos) {
        for (Sample oldest = samples.peek();
                oldest != null && nowNanos - oldest.atNanos > WINDOW_NANOS;
                oldest = samples.peek()) {
            samples.remove();
        }
    }
}
