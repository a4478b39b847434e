package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/** The wait of a call before its next attempt, which a cancel ends. Used by the call's thread, woken by any. */
final class Pause {
    private volatile @Nullable CountDownLatch waiting; // written by the call's thread

    /**
     * Waits for so long, which may be not at all.
     *
     * @throws InterruptedIOException if the thread is interrupted; it stays so
     * @throws IOException if the call is cancelled
     */
    void await(Call call, long nanos) throws IOException {
        CountDownLatch latch = new CountDownLatch(1);
        waiting = latch;
        try {
            boolean cancelled = call.isCanceled() || latch.await(nanos, TimeUnit.NANOSECONDS);
            if (cancelled) {
                throw new IOException("Canceled");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting to try again");
        } finally {
            waiting = null;
        }
    }

    /** Learns that the call was cancelled. */
    void wake() {
        CountDownLatch latch = waiting;
        if (latch != null) {
            latch.countDown();
        }
    }
}
