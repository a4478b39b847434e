package dev.evenkeel.lb.okhttp;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition, and fails if it does not come true in a time that is never needed. */
final class Until {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Until() {}

    static void until(String what, BooleanSupplier condition) {
        until(() -> what, condition);
    }

    /**
     * Does the same.
     *
     * @param what is asked for when it has not come true
     */
    static void until(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("in vain waited until " + what.get());
            }
            LockSupport.parkNanos(500_000);
        }
    }
}
