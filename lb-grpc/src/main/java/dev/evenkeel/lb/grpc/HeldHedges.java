package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.SynchronizationContext;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Has gRPC pick again for hedges that were held and are to be decided on, for many of them at a time. gRPC picks for
 * every call that waits, and where thousands do, each of which ends in its turn, doing that for each one would take all
 * of the processor. So after it was done there is a pause that is several times as long as it took.
 */
final class HeldHedges {
    /** For picking again, at most a fifth of one processor. Guessed. */
    private static final int PAUSES = 4;

    /** A call that has failed, and whose hedge is held, ends so much later at most. Guessed. */
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final LoadBalancer.Helper helper;
    private final SynchronizationContext context;
    private final Runnable publish;
    private final LongSupplier clock;
    private final AtomicBoolean due = new AtomicBoolean();

    // Written in the context.
    private long endedNanos;
    private long pauseNanos;

    /**
     * Creates one.
     *
     * @param publish has gRPC pick again for all that wait, before it returns; throws nothing
     * @param clock counts nanoseconds
     */
    HeldHedges(LoadBalancer.Helper helper, Runnable publish, LongSupplier clock) {
        this.helper = helper;
        this.context = helper.getSynchronizationContext();
        this.publish = publish;
        this.clock = clock;
        this.endedNanos = clock.getAsLong();
    }

    /** Notes that one is to be decided on; on any thread. */
    void released() {
        if (due.compareAndSet(false, true)) {
            context.execute(this::plan);
        }
    }

    private void plan() {
        long left = pauseNanos - (clock.getAsLong() - endedNanos);
        if (left <= 0) {
            pickAgain();
            return;
        }
        try {
            context.schedule(this::pickAgain, left, TimeUnit.NANOSECONDS, helper.getScheduledExecutorService());
        } catch (UnsupportedOperationException | RejectedExecutionException e) {
            pickAgain(); // a channel without timers, or at its end
        }
    }

    private void pickAgain() {
        due.set(false); // before, so that what is released meanwhile is not missed
        long begun = clock.getAsLong();
        publish.run();
        endedNanos = clock.getAsLong();
        pauseNanos = Math.min(PAUSES * (endedNanos - begun), LONGEST_PAUSE_NANOS);
    }
}
