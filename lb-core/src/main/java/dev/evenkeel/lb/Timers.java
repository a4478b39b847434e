package dev.evenkeel.lb;

import dev.evenkeel.lb.time.Scheduler;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one load balancer, which end with it: some are set for hours, and would keep all that it knew in memory. Safe for use by many
 * threads.
 */
final class Timers implements Scheduler {
    private final Scheduler scheduler;
    private final Set<Timer> pending = ConcurrentHashMap.newKeySet();
    private volatile boolean closed; // set once

    Timers(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        Timer timer = new Timer(task);
        pending.add(timer);
        timer.begin(delayNanos);
        if (closed) {
            timer.cancel();
        }
        return timer;
    }

    /** Cancels all timers that there are, and those that come. */
    void close() {
        closed = true;
        pending.forEach(Timer::cancel);
    }

    private final class Timer implements Scheduled, Runnable {
        private final Runnable task;
        private volatile @Nullable Scheduled scheduled; // written once
        private volatile boolean cancelled; // set once

        Timer(Runnable task) {
            this.task = task;
        }

        void begin(long delayNanos) {
            Scheduled begun = scheduler.schedule(delayNanos, this);
            scheduled = begun;
            if (cancelled) {
                begun.cancel();
            }
        }

        @Override
        public void run() {
            pending.remove(this);
            if (!cancelled) {
                task.run();
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            pending.remove(this);
            Scheduled begun = scheduled;
            if (begun != null) {
                begun.cancel();
            }
        }
    }
}
