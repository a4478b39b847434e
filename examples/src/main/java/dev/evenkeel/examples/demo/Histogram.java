package dev.evenkeel.examples.demo;

import java.util.concurrent.atomic.AtomicLongArray;

/** All latencies of a run in bounded memory, each to within 3 %. Safe for use by many threads. */
final class Histogram {
    private static final int STEP_BITS = 5; // 32 steps from one power of two to the next
    private static final int STEPS = 1 << STEP_BITS;

    private final AtomicLongArray buckets = new AtomicLongArray(Long.SIZE * STEPS);

    void add(long nanos) {
        buckets.incrementAndGet(bucket(Math.max(STEPS, nanos)));
    }

    private static int bucket(long nanos) {
        int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
        int step = (int) (nanos >>> (power - STEP_BITS)) & (STEPS - 1);
        return power * STEPS + step;
    }

    private static long upperBound(int bucket) {
        int power = bucket / STEPS;
        return (STEPS + bucket % STEPS + 1L) << (power - STEP_BITS);
    }

    Latencies read() {
        long count = 0;
        for (int i = 0; i < buckets.length(); i++) {
            count += buckets.get(i);
        }
        return new Latencies(count, percentile(count, 0.50), percentile(count, 0.99));
    }

    private long percentile(long count, double part) {
        long wanted = (long) Math.ceil(part * count);
        long seen = 0;
        for (int i = 0; i < buckets.length() && wanted > 0; i++) {
            seen += buckets.get(i);
            if (seen >= wanted) {
                return upperBound(i);
            }
        }
        return 0;
    }
}
