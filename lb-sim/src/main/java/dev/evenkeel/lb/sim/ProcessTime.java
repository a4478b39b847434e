package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import dev.evenkeel.lb.time.Ticker;
import dev.evenkeel.lb.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The time of processes that may stand still: while they do, their clock goes on, and what falls due waits. Afterwards it runs at once, in
 * the order in which it fell due.
 */
final class ProcessTime implements Ticker, Scheduler {
    private final VirtualTime time;
    private final ArrayDeque<Task> late = new ArrayDeque<>();
    private final List<Stall> past = new ArrayList<>();
    private int stalls;
    private long stalledSinceNanos; // means nothing unless stalled

    /** A time in which the processes stood still, in nanoseconds since the clock began. */
    record Stall(long startNanos, long endNanos) {}

    ProcessTime(VirtualTime time) {
        this.time = time;
    }

    @Override
    public long nanos() {
        return time.nanos();
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        Task scheduled = new Task(task);
        time.schedule(delayNanos, scheduled);
        return scheduled;
    }

    /** Runs a task now, or when the processes go on. */
    void run(Runnable task) {
        if (stalls == 0) {
            task.run();
        } else {
            late.add(new Task(task));
        }
    }

    boolean isStalled() {
        return stalls > 0;
    }

    /** Lets the processes stand still until the returned is run. */
    Runnable stall() {
        if (stalls++ == 0) {
            stalledSinceNanos = time.elapsed().toNanos();
        }
        return () -> {
            if (stalls == 1) {
                goOn();
            } else if (stalls > 1) { // else all were ended
                stalls--;
            }
        };
    }

    /** Ends all stalls. */
    void goOn() {
        if (stalls > 0) {
            stalls = 0;
            past.add(new Stall(stalledSinceNanos, time.elapsed().toNanos()));
            catchUp();
        }
    }

    /** Returns when the processes stood still, in order. */
    List<Stall> past() {
        return past;
    }

    private void catchUp() {
        while (stalls == 0 && !late.isEmpty()) {
            late.remove().run();
        }
    }

    Environment environment(RandomGenerator random) {
        return new Environment(this, this, task -> schedule(0, task), random);
    }

    private final class Task implements Scheduled, Runnable {
        private final Runnable action;
        private boolean cancelled;

        Task(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            if (cancelled) {
                return;
            }
            if (stalls > 0) {
                late.add(this);
            } else {
                action.run();
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
