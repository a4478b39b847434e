package dev.evenkeel.lb.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SystemEnvironmentTest {
    private static final long DEADLINE_SECONDS = 30;

    private final Environment environment = Environment.system();

    @Test
    void everyoneSharesOneEnvironment() {
        assertThat(Environment.system()).isSameAs(environment);
    }

    @Test
    void aTimerThatFailsDoesNotStopTheOthers() throws Exception {
        CompletableFuture<String> ran = new CompletableFuture<>();

        environment.scheduler().schedule(0, () -> {
            throw new StackOverflowError("on purpose");
        });
        environment.scheduler().schedule(1, () -> ran.complete("ran"));

        assertThat(ran.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isEqualTo("ran");
    }

    /** How long a machine stands still is not ours to say, but what has not begun has had no stall. */
    @Test
    void stallsAreMeasuredWhileSomebodyWatchesAndNeverExceedTheTime() {
        Scheduler.Scheduled one = environment.stalls().watch();
        Scheduler.Scheduled other = environment.stalls().watch();
        one.cancel();
        one.cancel();
        long since = environment.ticker().nanos();
        long stalled = environment.stalls().stalledNanos(since);
        assertThat(stalled).isBetween(0L, environment.ticker().nanos() - since);
        other.cancel();
    }

    @Test
    void aCancelledTimerDoesNotRun() throws Exception {
        CompletableFuture<String> ran = new CompletableFuture<>();

        environment
                .scheduler()
                .schedule(50_000_000, () -> ran.complete("cancelled one"))
                .cancel();
        environment.scheduler().schedule(60_000_000, () -> ran.complete("other one"));

        assertThat(ran.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isEqualTo("other one");
    }

    @Test
    void timersRunWhileBlockingTasksWait() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<String> ran = new CompletableFuture<>();
        for (int i = 0; i < 50; i++) {
            environment.blocking().execute(() -> awaitQuietly(release));
        }

        environment.blocking().execute(() -> environment.scheduler().schedule(0, () -> ran.complete("ran")));

        assertThat(ran.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isEqualTo("ran");
        release.countDown();
    }

    @Test
    void threadsAreNamedDaemonsThatKeepNothingOfTheirCreator() throws Exception {
        InheritableThreadLocal<String> callers = new InheritableThreadLocal<>();
        callers.set("the caller's");

        assertDaemon("evenkeel-timer", callers, task -> environment.scheduler().schedule(0, task));
        assertDaemon(
                "evenkeel-blocking", callers, task -> environment.blocking().execute(task));
    }

    @Test
    void readingsOfTheClockDoNotGoBack() {
        long before = environment.ticker().nanos();

        assertThat(environment.ticker().nanos() - before).isNotNegative();
    }

    private static void assertDaemon(String name, InheritableThreadLocal<String> callers, Consumer<Runnable> start)
            throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<Boolean> inherits = new CompletableFuture<>();
        start.accept(() -> {
            inherits.complete(callers.get() != null);
            thread.complete(Thread.currentThread());
        });

        assertThat(thread.get(DEADLINE_SECONDS, TimeUnit.SECONDS))
                .matches(Thread::isDaemon)
                .extracting(Thread::getName)
                .asString()
                .startsWith(name);
        assertThat(inherits.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
