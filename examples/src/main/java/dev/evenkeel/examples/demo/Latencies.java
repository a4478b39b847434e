package dev.evenkeel.examples.demo;

import java.util.stream.LongStream;

/**
 * How long things took.
 *
 * @param count how many there were
 * @param p50Nanos half of them took no longer; 0 if there were none
 * @param p99Nanos of a hundred, one took longer; 0 if there were none
 */
record Latencies(long count, long p50Nanos, long p99Nanos) {
    static final Latencies NONE = new Latencies(0, 0, 0);

    static Latencies of(LongStream nanos) {
        long[] sorted = nanos.sorted().toArray();
        return new Latencies(sorted.length, percentile(sorted, 0.50), percentile(sorted, 0.99));
    }

    private static long percentile(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(part * sorted.length) - 1];
    }
}
