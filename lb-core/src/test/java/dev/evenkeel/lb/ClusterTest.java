package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.time.Environment;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ClusterTest {
    private static final Settings SETTINGS = new Settings(
            LoadBalancingPolicy.roundRobin(),
            RetryPolicy.DEFAULT,
            RetryBudget.Settings.DEFAULT,
            HedgeSettings.NONE,
            ConnectBackoff.DEFAULT,
            OutlierDetection.DEFAULT,
            SlowStart.DEFAULT,
            ActiveChecks.OFF,
            Limits.NONE,
            Places.DEFAULT,
            0.5,
            Duration.ofSeconds(30),
            Duration.ofMinutes(10),
            null);

    /**
     * A timer that ends an ejection, or offers an endpoint to be tried again, comes once, and looks whether its time has come. Were it
     * told an earlier time, by a thread that has read the clock before and applies its change for it, the endpoint would stay out for ever.
     */
    @Test
    @Timeout(120)
    void changeIsAppliedAtATimeNotBeforeItWasQueued() throws InterruptedException {
        AtomicLong clock = new AtomicLong();
        Environment environment =
                new Environment(clock::get, (delay, task) -> () -> {}, Runnable::run, new SplittableRandom(1));
        Cluster cluster = new Cluster(SETTINGS, environment, new Announcer("orders.svc"));
        AtomicLong applied = new AtomicLong(-1);
        Thread timer = new Thread(() -> cluster.update((members, now) -> {
            applied.set(now);
            return false;
        }));
        cluster.update((members, now) -> {
            clock.set(1_000);
            timer.start();
            while (timer.getState() != Thread.State.WAITING) { // for the lock, with its change in the queue
                Thread.onSpinWait();
            }
            return false;
        });
        timer.join();
        assertThat(applied).hasValue(1_000);
    }

    /** A policy by key may work for a second on a list with weights far apart, and meanwhile requests go on and find things out. */
    @Test
    @Timeout(120)
    void aRequestDoesNotWaitForARebuildAndWhatItFoundOutIsNotLost() throws InterruptedException {
        CountDownLatch building = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicBoolean slow = new AtomicBoolean();
        TestService service = TestService.with(
                settings -> settings.policy((candidates, random) -> {
                    if (slow.getAndSet(false)) {
                        building.countDown();
                        try {
                            goOn.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    return (context, now) -> candidates.get(0);
                }),
                "10.0.0.1:80",
                "10.0.0.2:80");
        Attempt attempt = service.attempt();
        slow.set(true);
        Thread rebuilding = new Thread(() -> service.source.put(Endpoint.of("10.0.0.3:80")));
        rebuilding.start();
        building.await();

        attempt.complete(TestService.REFUSED); // would wait for ever
        service.attempt().complete(Outcome.SUCCESS);
        goOn.countDown();
        rebuilding.join();

        assertThat(service.status(attempt.endpoint().id()).availability().has(OutReason.CONNECT_FAILED))
                .isTrue();
        assertThat(service.attempt().endpoint()).isNotEqualTo(attempt.endpoint());
    }
}
