package dev.evenkeel.lb;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Checks that are due, and the threads that run them. The checks of one turn share a thread, because to hand each to a thread of its own
 * costs more than most checks do. What still waits at the next turn, behind a check that keeps the thread, gets threads of its own.
 */
final class CheckQueue {
    private final Executor threads;
    private final Consumer<CheckRun> running;
    private final Consumer<CheckRun> abandoning;
    private final Queue<CheckRun> waiting = new ConcurrentLinkedQueue<>(); // turns add to it, threads take from it
    private final AtomicInteger coming = new AtomicInteger(); // threads that were asked for and have not begun

    /**
     * Creates an empty queue.
     *
     * @param running runs a check until it gives the thread back
     * @param abandoning is given what there is no thread for
     */
    CheckQueue(Executor threads, Consumer<CheckRun> running, Consumer<CheckRun> abandoning) {
        this.threads = threads;
        this.running = running;
        this.abandoning = abandoning;
    }

    /** Begins the checks of a turn. */
    void start(List<CheckRun> due) {
        int wanted = waiting.size() + (due.isEmpty() ? 0 : 1);
        waiting.addAll(due);
        for (int missing = wanted - coming.get(); missing > 0; missing--) {
            askForThread();
        }
    }

    private void askForThread() {
        coming.incrementAndGet();
        boolean accepted = false;
        try {
            threads.execute(this::runWaiting);
            accepted = true;
        } catch (RejectedExecutionException e) {
            for (CheckRun run = waiting.poll(); run != null; run = waiting.poll()) {
                abandoning.accept(run);
            }
        } finally {
            if (!accepted) {
                coming.decrementAndGet();
            }
        }
    }

    private void runWaiting() {
        coming.decrementAndGet();
        for (CheckRun run = waiting.poll(); run != null; run = waiting.poll()) {
            running.accept(run);
        }
    }
}
