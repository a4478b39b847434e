package dev.evenkeel.benchmarks;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The least that a balancer with feedback must keep of an endpoint. */
final class BareNode {
    final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong latency = new AtomicLong(); // a double

    double load() {
        return Double.longBitsToDouble(latency.get()) * (inFlight.get() + 1);
    }

    void observe(long nanos) {
        long before;
        long after;
        do {
            before = latency.get();
            double average = Double.longBitsToDouble(before);
            after = Double.doubleToRawLongBits(average + (nanos - average) * 0.1);
        } while (!latency.compareAndSet(before, after));
    }
}
