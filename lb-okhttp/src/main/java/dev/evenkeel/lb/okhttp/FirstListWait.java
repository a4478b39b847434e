package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CountDownLatch;
import okhttp3.Call;
import okhttp3.EventListener;

/** The wait of a call that is made before its service has a list of endpoints. A cancel ends it, be it by a time-out, and so does an interrupt. */
final class FirstListWait extends EventListener {
    private final CountDownLatch over = new CountDownLatch(1);

    private FirstListWait() {}

    /**
     * Waits for the first list, or until it has taken too long.
     *
     * @throws InterruptedIOException if the thread is interrupted; it stays so
     * @throws IOException if the call is cancelled
     */
    static void await(Call call, BalancedService service) throws IOException {
        if (service.isFirstListAwaited()) {
            new FirstListWait().awaitOver(call, service);
        }
    }

    private void awaitOver(Call call, BalancedService service) throws IOException {
        call.addEventListener(this);
        service.whenFirstListIsOver(over::countDown);
        try {
            if (!call.isCanceled()) {
                over.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the first list of endpoints");
        }
        if (call.isCanceled()) {
            throw new IOException("Canceled");
        }
    }

    @Override
    public void canceled(Call call) {
        over.countDown();
    }
}
