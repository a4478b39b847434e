package dev.evenkeel.lb.grpc;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition, and fails if it does not come true in a time that is never needed. */
final class Until {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Until() {}

    static void until(String what, BooleanSupplier condition) {
        until(what, PATIENCE, condition);
    }

    /** Does the same for a condition that may take longer. */
    static void until(String what, Duration patience, BooleanSupplier condition) {
        long end = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("in vain waited until " + what);
            }
            LockSupport.parkNanos(500_000);
        }
    }
}
