package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import dev.evenkeel.lb.time.StallMeter;
import dev.evenkeel.lb.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A clock, with its timers, for a load balancer over real sockets. It stands still until the test moves it on, so that nothing is late or
 * due before, however long the machine takes. Safe for use by many threads.
 */
final class StoppedClock implements Ticker, Scheduler {
    private final Environment system = Environment.system();
    private final List<Task> waiting = new ArrayList<>(); // guarded by this
    private long elapsedNanos; // guarded by this

    /** No record, as two that are alike are two. */
    private static final class Task {
        private final long dueNanos;
        private final Runnable action;

        Task(long dueNanos, Runnable action) {
            this.dueNanos = dueNanos;
            this.action = action;
        }
    }

    /** Returns the system's environment in the time of this clock. */
    Environment environment() {
        return new Environment(this, this, system.blocking(), system.random(), StallMeter.NONE, system.listeners());
    }

    @Override
    public synchronized long nanos() {
        return elapsedNanos;
    }

    @Override
    public synchronized Scheduled schedule(long delayNanos, Runnable action) {
        long delay = Math.max(0, delayNanos);
        Task task = new Task(delay > Long.MAX_VALUE - elapsedNanos ? Long.MAX_VALUE : elapsedNanos + delay, action);
        waiting.add(task);
        runWhatIsDue();
        return () -> cancel(task);
    }

    private synchronized void cancel(Task task) {
        waiting.remove(task);
    }

    /** Lets so much time pass. What is due then runs on another thread, some time after this has returned. */
    synchronized void advance(Duration duration) {
        elapsedNanos += duration.toNanos();
        runWhatIsDue();
    }

    private void runWhatIsDue() {
        waiting.stream().filter(task -> task.dueNanos <= elapsedNanos).forEach(task -> {
            Scheduled unused = system.scheduler().schedule(0, task.action);
        });
        waiting.removeIf(task -> task.dueNanos <= elapsedNanos);
    }
}
