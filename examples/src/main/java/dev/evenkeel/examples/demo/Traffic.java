package dev.evenkeel.examples.demo;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Steady traffic that does not wait for answers (open loop): a request is sent when it is due, however many are still under way. Callers
 * that wait for one another would slow down together with the servers, and so hide how slow those are.
 */
final class Traffic implements AutoCloseable {
    /** Enough for 5,000 requests a second of 100 ms each. */
    private static final int MAX_THREADS = 500;

    private static final long DRAIN_SECONDS = 11; // longer than OkHttp waits for an answer

    private final Callers callers;
    private final ExecutorService threads = new ThreadPoolExecutor(
            0,
            MAX_THREADS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Threads.named("demo-caller"),
            Traffic::waitForThread);
    private final Thread metronome;
    private volatile boolean stopped; // set once, by stop()

    Traffic(Callers callers, int requestsPerSecond) {
        this.callers = callers;
        this.metronome = Threads.named("demo-metronome").newThread(() -> send(1_000_000_000L / requestsPerSecond));
    }

    void start() {
        metronome.start();
    }

    private void send(long intervalNanos) {
        for (long due = System.nanoTime(); !stopped; due += intervalNanos) {
            long intended = due;
            for (long wait = due - System.nanoTime(); wait > 0 && !stopped; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            if (!stopped) {
                callers.expectOne();
                threads.execute(() -> callers.call(intended));
            }
        }
    }

    /** All threads are waiting for answers; the next requests are late, which counts as their latency. */
    private static void waitForThread(Runnable task, ThreadPoolExecutor threads) {
        try {
            threads.getQueue().put(task);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends nothing more and waits for the answers that are under way. */
    void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(metronome);
        metronome.join();
        threads.shutdown();
        if (!threads.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
            callers.giveUp();
        }
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdownNow();
    }
}
