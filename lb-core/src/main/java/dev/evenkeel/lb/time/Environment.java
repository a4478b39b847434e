package dev.evenkeel.lb.time;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Everything the core takes from outside that could make two runs differ: the clock, the timers, the threads that may block and
 * the randomness. Inject your own to make a test or a simulation repeatable.
 *
 * @param ticker elapsed time
 * @param scheduler timers for short tasks
 * @param blocking runs tasks that may wait for I/O, such as a DNS look-up, or an attempt beside another
 * @param random randomness for picks and jitter; must be safe for use by many threads
 * @param stalls knows when the process itself stood still
 * @param listeners runs listeners of events and of views, which may be slow: {@code Runnable::run} has them told by whoever causes an event
 */
public record Environment(
        Ticker ticker,
        Scheduler scheduler,
        Executor blocking,
        RandomGenerator random,
        StallMeter stalls,
        Executor listeners) {
    public Environment {
        Objects.requireNonNull(ticker, "ticker");
        Objects.requireNonNull(scheduler, "scheduler");
        Objects.requireNonNull(blocking, "blocking");
        Objects.requireNonNull(random, "random");
        Objects.requireNonNull(stalls, "stalls");
        Objects.requireNonNull(listeners, "listeners");
    }

    /** Makes an environment in which listeners are told by whoever causes an event. */
    public Environment(
            Ticker ticker, Scheduler scheduler, Executor blocking, RandomGenerator random, StallMeter stalls) {
        this(ticker, scheduler, blocking, random, stalls, Runnable::run);
    }

    /** Makes an environment in which the process never stands still, and listeners are told by whoever causes an event. */
    public Environment(Ticker ticker, Scheduler scheduler, Executor blocking, RandomGenerator random) {
        this(ticker, scheduler, blocking, random, StallMeter.NONE);
    }

    /**
     * The machine's own clock, timers, threads and randomness. All callers share one timer thread and one pool of blocking threads;
     * they are daemons and end when idle, so nothing needs to be closed.
     */
    public static Environment system() {
        return SystemEnvironment.SHARED;
    }
}
