package dev.evenkeel.benchmarks.overload;

import dev.evenkeel.lb.okhttp.CallSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** Makes calls at random moments, whether others have ended or not, each with a deadline of 1 s. */
final class Load {
    private static final Request REQUEST = new Request.Builder()
            .url("http://orders/")
            .tag(CallSettings.class, CallSettings.DEFAULT.withDeadline(Duration.ofSeconds(1)))
            .build();

    private final OkHttpClient client;
    private final double perSecond;
    private final SplittableRandom random;
    private final int calls;
    private final CountDownLatch running;
    private final AtomicInteger succeeded = new AtomicInteger();

    Load(OkHttpClient client, double perSecond, int seconds, long seed) {
        this.client = client;
        this.perSecond = perSecond;
        this.random = new SplittableRandom(seed);
        this.calls = (int) (perSecond * seconds);
        this.running = new CountDownLatch(calls);
    }

    /**
     * How calls went.
     *
     * @param lateMillis how much too late the latest began; where that is much, the machine was measured
     */
    record Outcomes(int calls, double succeededPercent, double lateMillis) {}

    /** Makes the calls and returns how they went. */
    Outcomes run() throws InterruptedException {
        long intended = System.nanoTime();
        long late = 0;
        for (int i = 0; i < calls; i++) {
            intended += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / perSecond);
            for (long left = intended - System.nanoTime(); left > 0; left = intended - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            late = Math.max(late, System.nanoTime() - intended);
            client.newCall(REQUEST).enqueue(new Answer());
        }
        running.await();
        return new Outcomes(calls, 100.0 * succeeded.get() / calls, late / 1e6);
    }

    private final class Answer implements Callback {
        @Override
        public void onFailure(Call call, IOException thrown) {
            running.countDown();
        }

        @Override
        public void onResponse(Call call, Response response) {
            if (response.isSuccessful()) {
                succeeded.incrementAndGet();
            }
            response.close();
            running.countDown();
        }
    }
}
