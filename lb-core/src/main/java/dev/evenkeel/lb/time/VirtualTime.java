package dev.evenkeel.lb.time;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Time that moves only when told to: a {@link Ticker} and a {@link Scheduler} in one object, for tests and simulations. The process stands
 * still in it only when told to, too.
 *
 * <p>Tasks run on the thread that calls {@link #advance}, in the order of their due times, and those due at the same instant in
 * the order in which they were scheduled. The clock starts a second before {@link Long#MAX_VALUE} overflows, because a real
 * {@link System#nanoTime()} may too. Not safe for use by several threads at once.
 */
public final class VirtualTime implements Ticker, Scheduler, StallMeter {
    private static final long ORIGIN = Long.MAX_VALUE - 1_000_000_000L;

    private final TaskHeap<Task> queue = new TaskHeap<>();
    private final List<Stall> stalls = new ArrayList<>();
    private long elapsedNanos;

    private record Stall(long fromNanos, long toNanos) {}

    /** Creates a clock at which nothing is scheduled. */
    public VirtualTime() {}

    @Override
    public long nanos() {
        return ORIGIN + elapsedNanos;
    }

    /** Returns how far this clock has been advanced since it was made. */
    public Duration elapsed() {
        return Duration.ofNanos(elapsedNanos);
    }

    @Override
    public Scheduled schedule(long delayNanos, Runnable task) {
        long delay = Math.max(0, delayNanos);
        long due = delay > Long.MAX_VALUE - elapsedNanos ? Long.MAX_VALUE : elapsedNanos + delay;
        Task scheduled = new Task(task);
        queue.add(due, scheduled);
        return scheduled;
    }

    /**
     * Moves the clock forward by {@code duration}, running every task that falls due on the way with the clock standing at its due
     * time, including tasks that those tasks schedule. {@link Duration#ZERO} runs what is due now. A task may itself advance the clock, as
     * work that takes time would.
     *
     * @throws IllegalArgumentException if {@code duration} is negative, or takes the clock past 292 years
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException(
                    "duration is " + duration + ", must not be negative: time does not run backwards");
        }
        long target = instantAfter(duration);
        while (!queue.isEmpty() && queue.firstDue() <= target) {
            elapsedNanos = Math.max(elapsedNanos, queue.firstDue());
            queue.removeFirst().run();
        }
        elapsedNanos = Math.max(elapsedNanos, target);
    }

    /**
     * Has the process stand still: the clock moves on, and what falls due on the way runs late, when it is over.
     *
     * @throws IllegalArgumentException as {@link #advance}
     */
    public void stall(Duration duration) {
        long from = elapsedNanos;
        elapsedNanos = instantAfter(duration);
        stalls.add(new Stall(from, elapsedNanos));
        advance(Duration.ZERO);
    }

    @Override
    public long stalledNanos(long sinceNanos) {
        long since = sinceNanos - ORIGIN;
        return stalls.stream()
                .mapToLong(stall -> Math.max(0, stall.toNanos - Math.max(since, stall.fromNanos)))
                .sum();
    }

    private long instantAfter(Duration duration) {
        try {
            return Math.addExact(elapsedNanos, duration.toNanos());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "duration is " + duration + ", must not take the clock past " + Duration.ofNanos(Long.MAX_VALUE),
                    e);
        }
    }

    /** Returns how many scheduled tasks have neither run nor been cancelled. */
    public int pendingTasks() {
        return queue.count(task -> !task.cancelled);
    }

    /** Returns an environment that runs in this time and draws from {@code random}; its blocking tasks run at the next advance. */
    public Environment environment(RandomGenerator random) {
        return new Environment(this, this, task -> schedule(0, task), random, this);
    }

    private static final class Task implements Scheduled {
        private final Runnable action;
        private boolean cancelled;

        Task(Runnable action) {
            this.action = action;
        }

        void run() {
            if (!cancelled) {
                action.run();
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
