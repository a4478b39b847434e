package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.time.VirtualTime;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How many attempts may be in flight at each endpoint; and that permits and limits hold when threads race for the last one. */
class InFlightLimitTest {
    private static final String[] THREE = {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"};
    private static final int THREADS = 4;

    static List<LoadBalancingPolicy> policies() {
        return List.of(
                LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA),
                LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all(),
                LoadBalancingPolicy.roundRobin(),
                LoadBalancingPolicy.weightedRoundRobin(),
                LoadBalancingPolicy.random(),
                LoadBalancingPolicy.weightedRandom(),
                (candidates, random) -> (context, now) -> candidates.get(0));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void everyEndpointIsFilledAndNoneBeyondItsLimit(LoadBalancingPolicy policy) {
        TestService service =
                TestService.with(settings -> settings.policy(policy).maxInFlightPerEndpoint(5), THREE);
        List<Attempt> open = new ArrayList<>();
        IntStream.range(0, 15).forEach(i -> open.add(service.attempt()));

        assertThat(service.loadBalancer.endpoints()).allMatch(status -> status.inFlight() == 5);
        assertThatThrownBy(service::attempt)
                .isInstanceOf(NoEndpointException.class)
                .hasMessage("orders.svc: all 3 endpoints in use have 5 attempts in flight, as many as"
                        + " maxInFlightPerEndpoint allows");
        open.get(7).complete(Outcome.SUCCESS);
        assertThat(service.attempt().endpoint()).isEqualTo(open.get(7).endpoint());
    }

    @Test
    void withoutALimitAnyNumberMayBeInFlight() {
        TestService service = TestService.of(THREE);
        IntStream.range(0, 10_000).forEach(i -> service.attempt());

        assertThat(service.loadBalancer.endpoints()).allMatch(status -> status.inFlight() > 1_000);
    }

    @Test
    void aRetryPrefersWhoeverHasRoomAmongTheUntried() {
        TestService service = TestService.with(settings -> settings.maxInFlightPerEndpoint(1), THREE);
        BalancedCall call = service.call();
        Attempt first = call.nextAttempt();
        Attempt other = service.attempt();
        first.complete(TestService.HTTP_503);

        Attempt second = call.nextAttempt();
        assertThat(second.endpoint()).isNotEqualTo(first.endpoint()).isNotEqualTo(other.endpoint());
        Attempt third = call.nextAttempt();
        assertThat(third.endpoint()).as("only the tried one has room").isEqualTo(first.endpoint());
    }

    @Test
    void threadsNeverExceedTheLimitsOfEndpointAndService() throws Exception {
        AtomicInteger refused = new AtomicInteger();
        try (LoadBalancer loadBalancer = LoadBalancer.builder("orders")
                .endpoints(EndpointSource.of(THREE))
                .policy(LoadBalancingPolicy.random())
                .maxInFlightPerEndpoint(2)
                .maxInFlight(5)
                .build()) {
            List<AtomicInteger> inFlight = IntStream.range(0, THREE.length)
                    .mapToObj(i -> new AtomicInteger())
                    .toList();
            AtomicInteger total = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            AtomicInteger mostAtOne = new AtomicInteger();
            together(() -> {
                for (int i = 0; i < 5_000; i++) {
                    List<Attempt> open = new ArrayList<>();
                    try {
                        for (int j = 0; j < 4; j++) {
                            Attempt attempt =
                                    loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
                            open.add(attempt);
                            int now = inFlight.get(indexOf(attempt)).incrementAndGet();
                            mostAtOne.accumulateAndGet(now, Math::max);
                            most.accumulateAndGet(total.incrementAndGet(), Math::max);
                        }
                    } catch (NoEndpointException e) {
                        refused.incrementAndGet();
                    }
                    for (Attempt attempt : open) {
                        total.decrementAndGet();
                        inFlight.get(indexOf(attempt)).decrementAndGet();
                        attempt.complete(Outcome.SUCCESS);
                    }
                }
                return 0;
            });

            assertThat(refused).hasPositiveValue();
            assertThat(mostAtOne).hasValueLessThanOrEqualTo(2);
            assertThat(most).hasValueLessThanOrEqualTo(5);
            assertThat(loadBalancer.endpoints()).allMatch(status -> status.inFlight() == 0);
        }
    }

    @Test
    void onlyOneOfManyThreadsGetsTheLastPermitOfAHalfOpenBreaker() throws Exception {
        for (int round = 0; round < 200; round++) {
            VirtualTime time = new VirtualTime();
            Breaker breaker = new Breaker(
                    CircuitBreakerConfig.from(Breaker.DEFAULT)
                            .minimumNumberOfCalls(1)
                            .permittedNumberOfCallsInHalfOpenState(1)
                            .build(),
                    time);
            breaker.onOutcome(Outcome.Kind.FAILED, time.nanos(), 1, false);
            breaker.settle(time.nanos(), new Random(1));
            breaker.timeIsUp();

            int permits = together(() -> breaker.tryAcquire() ? 1 : 0);

            assertThat(permits).isOne();
        }
    }

    @Test
    void twoThreadsThatEndTheLastTrialsDecideOnce() throws Exception {
        for (int round = 0; round < 100; round++) {
            TestService service = TestService.with(
                    settings -> settings.serviceBreaker(CircuitBreakerConfig.from(Breaker.DEFAULT)
                            .minimumNumberOfCalls(2)
                            .permittedNumberOfCallsInHalfOpenState(THREADS)
                            .build()),
                    THREE);
            IntStream.range(0, 2).forEach(i -> service.attempt().complete(TestService.HTTP_503));
            service.advance(Duration.ofSeconds(10));
            List<Attempt> trials = new ArrayList<>();
            IntStream.range(0, THREADS).forEach(i -> trials.add(service.attempt()));
            AtomicInteger next = new AtomicInteger();

            together(() -> {
                trials.get(next.getAndIncrement()).complete(Outcome.SUCCESS);
                return 0;
            });

            assertThat(service.eventsOf(Event.Type.AVAILABLE)).hasSize(1);
            assertThat(service.picks(5)).hasSize(5);
        }
    }

    private static int indexOf(Attempt attempt) {
        return List.of(THREE).indexOf(attempt.endpoint().id());
    }

    /** Runs the same in several threads that begin together, and returns the sum of what they return. */
    private static int together(Supplier<Integer> task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        CyclicBarrier start = new CyclicBarrier(THREADS);
        try {
            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                results.add(threads.submit(() -> {
                    start.await();
                    return task.get();
                }));
            }
            int sum = 0;
            for (Future<Integer> result : results) {
                sum += result.get();
            }
            return sum;
        } finally {
            threads.shutdownNow();
        }
    }
}
