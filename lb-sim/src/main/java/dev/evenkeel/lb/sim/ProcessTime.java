package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import dev.evenkeel.lb.time.Ticker;
import dev.evenkeel.lb.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.random.RandomGenerator;

/**
 * The time of processes that may stand still: while they do, their clock goes on, and what falls due waits. Afterwards it runs at once, in
 * the order in which it fell due.
 */
final class ProcessTime implements Ticker, Scheduler {
    private final VirtualTime time;
    private final ArrayDeque<Task> late = new ArrayDeque<>();
    private int stalls;

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
        stalls++;
        return () -> {
            if (stalls > 0) { // else all stalls were ended
                stalls--;
                catchUp();
            }
        };
    }

    /** Ends all stalls. */
    void goOn() {
        stalls = 0;
        catchUp();
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
