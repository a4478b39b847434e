package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs a delivery on the thread that asks for it, one at a time. A request that comes while another thread delivers is served by
 * that thread with one more delivery, so the last delivery always begins after the last request.
 */
final class SerialDelivery {
    private final AtomicInteger requests = new AtomicInteger();

    void request(Runnable deliver) {
        if (requests.getAndIncrement() > 0) {
            return;
        }
        int served;
        do {
            served = requests.get();
            try {
                deliver.run();
            } catch (Throwable e) { // or the count would stay, and nobody would ever deliver again
                System.getLogger(SerialDelivery.class.getName())
                        .log(System.Logger.Level.ERROR, "An endpoint listener failed", OneLine.of(e));
            }
        } while (requests.addAndGet(-served) > 0);
    }
}
