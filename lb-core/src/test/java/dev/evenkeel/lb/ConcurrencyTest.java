package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Many threads pick while others change everything. */
class ConcurrencyTest {
    private static final int THREADS = 4;
    private static final int CALLS = 20_000;
    private static final Endpoint KEPT = Endpoint.of("10.0.0.1:80");

    @Test
    void picksGoOnAndNothingLeaksWhileTheListAndTheHealthChange() throws Exception {
        MutableEndpointSource source = MutableEndpointSource.of(List.of(KEPT));
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (LoadBalancer loadBalancer =
                LoadBalancer.builder("orders").endpoints(source).build()) {
            Future<?> churn = threads.submit(() -> churn(source, done));
            List<Future<?>> callers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                long seed = i;
                callers.add(threads.submit(() -> call(loadBalancer, new Random(seed))));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
            done.set(true);
            churn.get();

            assertThat(loadBalancer.endpoints()).allMatch(status -> status.inFlight() == 0);
            assertThat(loadBalancer.endpoints().stream()
                            .mapToLong(status -> status.attempts())
                            .sum())
                    .isPositive();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aPickDoesNotWaitForTheControlLoop() throws Exception {
        CountDownLatch rebuilding = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        LoadBalancingPolicy policy = (candidates, random) -> {
            if (candidates.size() > 1) {
                rebuilding.countDown();
                awaitUninterruptibly(mayGoOn);
            }
            return (context, now) -> candidates.get(0);
        };
        MutableEndpointSource source = MutableEndpointSource.of(List.of(KEPT));
        ExecutorService threads = Executors.newCachedThreadPool();
        try (LoadBalancer loadBalancer =
                LoadBalancer.builder("orders").endpoints(source).policy(policy).build()) {
            Future<?> rebuild = threads.submit(() -> source.put(Endpoint.of("10.0.0.2:80")));
            rebuilding.await(); // from here on another thread holds the lock

            for (int i = 0; i < 1_000; i++) {
                BalancedCall call = loadBalancer.newCall(RequestInfo.IDEMPOTENT);
                call.nextAttempt().complete(TestService.HTTP_503);
                call.retryAfter(Outcome.SUCCESS);
                loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
            }

            assertThat(rebuild.isDone()).isFalse();
            mayGoOn.countDown();
            rebuild.get();
        } finally {
            mayGoOn.countDown();
            threads.shutdownNow();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void call(LoadBalancer loadBalancer, Random random) {
        for (int i = 0; i < CALLS; i++) {
            BalancedCall call = loadBalancer.newCall(RequestInfo.IDEMPOTENT);
            Outcome outcome = switch (random.nextInt(20)) {
                case 0 -> TestService.REFUSED;
                case 1 -> TestService.HTTP_503;
                case 2 -> Outcome.CANCELLED;
                default -> Outcome.SUCCESS;
            };
            call.nextAttempt().complete(outcome);
            if (call.retryAfter(outcome).isRetry()) {
                call.nextAttempt().complete(Outcome.SUCCESS);
            }
        }
    }

    private static void churn(MutableEndpointSource source, AtomicBoolean done) {
        Random random = new Random(7);
        while (!done.get()) {
            Endpoint endpoint = Endpoint.of("10.0.0." + (2 + random.nextInt(20)), 80);
            if (random.nextBoolean()) {
                source.put(endpoint.withWeight(1 + random.nextInt(5)));
            } else {
                source.remove(endpoint.id());
            }
            source.put(KEPT.withWeight(1 + random.nextInt(5)));
        }
    }
}
