package dev.evenkeel.lb.time;

import dev.evenkeel.lb.text.OneLine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** The one place that touches the real clock, real threads and real randomness. */
final class SystemEnvironment {
    /** Idle threads end after this long, so that a discarded class loader is not pinned by them. */
    private static final long IDLE_SECONDS = 30;

    static final Environment SHARED = new Environment(
            System::nanoTime,
            timers(),
            pool("evenkeel-blocking"),
            new ThreadRandom(),
            new Heartbeat(daemons("evenkeel-heartbeat"), IDLE_SECONDS),
            pool("evenkeel-listeners"));

    private SystemEnvironment() {}

    /** One thread for all timers, which only works because none of them waits: what may wait belongs on the blocking threads. */
    private static Scheduler timers() {
        ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1, daemons("evenkeel-timer"));
        timers.setRemoveOnCancelPolicy(true);
        timers.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timers.allowCoreThreadTimeOut(true);
        return (delayNanos, task) -> {
            Future<?> future = timers.schedule(guarded(task), delayNanos, TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        };
    }

    /** Unbounded on purpose: a source that hangs in a look-up must not delay another source, nor a listener another service's. */
    private static ExecutorService pool(String name) {
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons(name));
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) { // the executor would swallow it
                System.getLogger(Environment.class.getName())
                        .log(System.Logger.Level.ERROR, "A timer task failed", OneLine.of(e));
            }
        };
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger created = new AtomicInteger();
        return task -> {
            // Whoever happens to come first must not leave its thread locals and class loader to everybody.
            Thread thread = new Thread(null, task, name + "-" + created.incrementAndGet(), 0, false);
            thread.setContextClassLoader(SystemEnvironment.class.getClassLoader());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Each thread draws from its own generator, so that picks share no state. */
    private static final class ThreadRandom implements RandomGenerator {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    }
}
