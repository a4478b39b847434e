package dev.evenkeel.lb.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A thousand waiting calls need no thousand threads: nothing of ours holds a monitor while it waits. */
class VirtualThreadsTest {
    private static final int CALLS = 1_000;

    @RegisterExtension
    private final Fleet fleet = new Fleet();

    @Test
    @Timeout(120)
    void aThousandCallsWaitAtTheSameTime() throws Exception {
        assumeThat(Runtime.version().feature()).isGreaterThanOrEqualTo(21);
        fleet.balancing(lb -> lb.policy(LoadBalancingPolicy.roundRobin()));
        CountDownLatch allSent = new CountDownLatch(CALLS);
        for (int i = 0; i < 4; i++) {
            fleet.add(request -> {
                allSent.countDown();
                try {
                    allSent.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return Server.ok("hello");
            });
        }
        ExecutorService threads = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            answers.add(threads.submit((Callable<String>) fleet::ask));
        }
        for (Future<String> answer : answers) {
            assertThat(answer.get()).isEqualTo("200 hello");
        }
        threads.shutdown();
        fleet.awaitNothingInFlight();
        assertThat(fleet.samples()).hasSize(CALLS);
    }
}
