package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.time.Scheduler.Scheduled;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When one client calls: a Poisson process, whose rate may change. Gaps are drawn in units of the mean gap, so that a
 * run at another rate sees the same arrivals closer together.
 */
final class Arrivals {
    private static final ServiceTime GAPS = ServiceTime.exponential(Duration.ofSeconds(1));

    private final VirtualTime time;
    private final SplitMix64 random;
    private final double baseRatePerNano;
    private final Runnable onArrival;

    private double ratePerNano;
    private double remainingGap; // in mean gaps, as of sinceNanos
    private long sinceNanos;
    private boolean stopped;
    private @Nullable Scheduled next;

    Arrivals(VirtualTime time, SplitMix64 random, double ratePerSecond, Runnable onArrival) {
        this.time = time;
        this.random = random;
        this.baseRatePerNano = ratePerSecond / 1e9;
        this.ratePerNano = baseRatePerNano;
        this.onArrival = onArrival;
        drawGap();
    }

    private void drawGap() {
        sinceNanos = time.nanos();
        remainingGap = GAPS.nanos(random.nextDouble()) / 1e9;
    }

    void stop() {
        stopped = true;
    }

    /** From now on there are so many times the normal number of arrivals. The first time, this starts them. */
    void multiply(double factor) {
        long now = time.nanos();
        remainingGap = Math.max(0, remainingGap - (now - sinceNanos) * ratePerNano);
        sinceNanos = now;
        ratePerNano = baseRatePerNano * factor;
        if (next != null) {
            next.cancel();
        }
        schedule();
    }

    private void schedule() {
        next = time.schedule((long) (remainingGap / ratePerNano), this::arrive);
    }

    private void arrive() {
        if (!stopped) {
            onArrival.run();
            drawGap();
            schedule();
        }
    }
}
