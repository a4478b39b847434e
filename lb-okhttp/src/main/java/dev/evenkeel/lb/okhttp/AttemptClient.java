package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.time.Environment;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/**
 * Makes the calls of attempts that may have company, and has the threads for those. It is the balanced client without its application
 * interceptors, which see the call and not its attempts. Safe for use by many threads.
 */
final class AttemptClient {
    private final OkHttpClient client;
    private final Supplier<CallProgress> newProgress;
    private final Environment environment;

    AttemptClient(OkHttpClient balanced, Supplier<CallProgress> newProgress, Environment environment) {
        this.newProgress = newProgress;
        this.environment = environment;
        OkHttpClient.Builder builder = balanced.newBuilder()
                .callTimeout(0, TimeUnit.MILLISECONDS)
                .dispatcher(new Dispatcher()); // knows no limit for calls that run on a thread of ours
        builder.interceptors().clear();
        this.client = builder.addInterceptor(Contender::send).build();
    }

    /**
     * Makes an attempt, which is not sent yet.
     *
     * @param timeoutNanos how long it may take at most, with its body; 0 for no limit
     */
    Contender newContender(HedgedCall race, Attempt attempt, PinnedEndpoint endpoint, long timeoutNanos) {
        return new Contender(race, attempt, endpoint, newProgress.get(), client, timeoutNanos);
    }

    long nowNanos() {
        return environment.ticker().nanos();
    }

    /** Runs something on a thread that may wait. */
    void run(Runnable task) {
        environment.blocking().execute(task);
    }
}
