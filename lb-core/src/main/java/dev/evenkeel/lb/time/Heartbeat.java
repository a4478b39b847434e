package dev.evenkeel.lb.time;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Measures stalls of the process by a thread of its own that does nothing but wake up every 50 ms, so that what keeps other threads busy is
 * not taken for a stall. It runs while it is watched.
 */
final class Heartbeat implements StallMeter {
    private static final long INTERVAL_NANOS = 50_000_000;

    private final ScheduledThreadPoolExecutor thread;
    private final StallLog log = new StallLog(INTERVAL_NANOS, System.nanoTime());
    private int watching; // guarded by this
    private boolean beating; // a beat is due; guarded by this

    Heartbeat(ThreadFactory threads, long idleSeconds) {
        this.thread = new ScheduledThreadPoolExecutor(1, threads);
        thread.setKeepAliveTime(idleSeconds, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
    }

    @Override
    public synchronized Scheduler.Scheduled watch() {
        watching++;
        if (!beating) {
            log.start(System.nanoTime());
            next();
        }
        AtomicBoolean cancelled = new AtomicBoolean();
        return () -> {
            if (cancelled.compareAndSet(false, true)) {
                leave();
            }
        };
    }

    private synchronized void leave() {
        watching--;
    }

    private synchronized void next() {
        beating = watching > 0;
        if (beating) {
            var unused = thread.schedule(this::beat, INTERVAL_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    private void beat() {
        log.beat(System.nanoTime());
        next();
    }

    @Override
    public long stalledNanos(long sinceNanos) {
        return log.stalledNanos(sinceNanos, System.nanoTime());
    }
}
