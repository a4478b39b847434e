package dev.evenkeel.lb;

import dev.evenkeel.lb.text.OneLine;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one listener is to be told, in order and one thing at a time. A listener that is slow or throws, be it an error, loses or delays nothing of
 * another's. What it is too slow for is counted, and dropped. Safe for use by many threads.
 *
 * @param <T> what it is told
 */
final class Mailbox<T> {
    private static final System.Logger LOG = System.getLogger(Announcer.class.getName());

    private final String owner;
    private final Consumer<T> tell;
    private final IntSupplier most;
    private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger(); // of what waits
    private final AtomicBoolean busy = new AtomicBoolean(); // a thread is telling
    private final AtomicLong lost = new AtomicLong();
    private volatile boolean closed; // set once
    private volatile boolean leaving; // set once
    private volatile boolean telling; // written by the thread that tells, as the next
    private volatile long tellingSinceNanos; // means nothing unless telling
    private boolean failureLogged; // used by the thread that tells, as the next
    private long lossLogged;

    /**
     * Creates an empty one.
     *
     * @param owner who is told, in words
     * @param most how much may wait
     */
    Mailbox(String owner, Consumer<T> tell, IntSupplier most) {
        this.owner = owner;
        this.tell = tell;
        this.most = most;
    }

    /** Adds what is to be told, unless too much waits. May be called under the lock. */
    void add(T item) {
        if (closed) {
            return;
        }
        if (size.get() >= most.getAsInt()) {
            lost.incrementAndGet();
            return;
        }
        size.incrementAndGet();
        waiting.add(item);
    }

    /** Adds it unless something waits that is as good. May be called under the lock. */
    void addOnce(T item) {
        if (waiting.isEmpty()) {
            add(item);
        }
    }

    /** Drops what waits, and what comes. */
    void close() {
        closed = true;
        waiting.clear();
    }

    /** Notes that nothing will be added any more. */
    void leave() {
        leaving = true;
    }

    /** Returns whether there is nothing to tell any more, and never will be. */
    boolean isOver() {
        return closed || (leaving && waiting.isEmpty());
    }

    /** Returns whether something waits, and no thread is telling. */
    boolean isReady() {
        return !waiting.isEmpty() && !busy.get();
    }

    /** Returns how much waits. */
    int size() {
        return size.get();
    }

    /** Returns how much could not be told, as too much waited. */
    long lost() {
        return lost.get();
    }

    /** Returns whether a thread has been telling one thing for so long. */
    boolean isStuck(long nanos, long nowNanos) {
        return telling && nowNanos - tellingSinceNanos > nanos;
    }

    /** Tells what waits, but no more than so much, and returns how much that was; nothing while another thread does it. */
    int tell(int mostNow, long nowNanos) {
        if (waiting.isEmpty() || !busy.compareAndSet(false, true)) {
            return 0;
        }
        int told = 0;
        tellingSinceNanos = nowNanos;
        telling = true;
        try {
            for (T item = next(told, mostNow); item != null; item = next(told, mostNow)) {
                told++;
                tellOne(item);
            }
            logLoss();
        } finally {
            telling = false;
            busy.set(false);
        }
        return told;
    }

    private @Nullable T next(int told, int mostNow) {
        T item = told < mostNow ? waiting.poll() : null;
        if (item != null) {
            size.decrementAndGet();
        }
        return item;
    }

    private void tellOne(T item) {
        try {
            if (!closed) {
                tell.accept(item);
            }
        } catch (Throwable e) { // whatever is wrong with it, it must not harm the others
            if (!failureLogged) {
                failureLogged = true;
                LOG.log(
                        System.Logger.Level.WARNING,
                        OneLine.of(owner) + " failed; it is logged only this once",
                        OneLine.of(e));
            }
        }
    }

    private void logLoss() {
        long now = lost.get();
        if (now != lossLogged) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    OneLine.of(owner) + " is too slow: " + (now - lossLogged) + " events were not told, as "
                            + most.getAsInt() + " waited");
            lossLogged = now;
        }
    }
}
