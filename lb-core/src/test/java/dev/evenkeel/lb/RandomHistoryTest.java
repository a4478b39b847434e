package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever happens, in whatever order: nobody is lost, nothing leaks, and somebody is picked as long as somebody is there. */
class RandomHistoryTest {
    private static final Outcome.Kind[] KINDS = Outcome.Kind.values();
    private static final List<LoadBalancingPolicy> POLICIES = List.of(
            LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA),
            LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT),
            LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all(),
            LoadBalancingPolicy.roundRobin(),
            LoadBalancingPolicy.weightedRoundRobin(),
            LoadBalancingPolicy.random(),
            LoadBalancingPolicy.weightedRandom());

    private final Deque<Attempt> open = new ArrayDeque<>();

    @Property(tries = 300)
    void inFlightEndsAtZeroAndSomebodyIsAlwaysPicked(@ForAll long seed, @ForAll @IntRange(min = 1, max = 12) int size) {
        open.clear();
        Random random = new Random(seed);
        LoadBalancingPolicy policy = POLICIES.get(random.nextInt(POLICIES.size()));
        TestService service = TestService.with(settings -> settings.policy(policy));
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            all.add(Endpoint.of("10.0.0." + i, 80));
        }
        service.source.set(all);

        for (int step = 0; step < 400; step++) {
            step(service, all, random);
            for (EndpointStatus status : service.loadBalancer.endpoints()) {
                assertThat(status.inFlight()).isNotNegative();
            }
        }

        service.source.set(all);
        all.forEach(endpoint -> service.loadBalancer.undrain(endpoint.id()));
        while (!open.isEmpty()) {
            open.pop().complete(Outcome.SUCCESS);
        }
        assertThat(service.loadBalancer.endpoints()).hasSize(size).allMatch(status -> status.inFlight() == 0);
        everyEndpointComesBack(service, size);
    }

    private void step(TestService service, List<Endpoint> all, Random random) {
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> call(service, random);
            case 4, 5, 6 -> {
                if (!open.isEmpty()) {
                    end(random);
                }
            }
            case 7 -> service.advance(Duration.ofMillis(random.nextInt(3_000)));
            case 8 -> {
                Endpoint endpoint = all.get(random.nextInt(all.size()));
                if (random.nextBoolean()) {
                    service.source.remove(endpoint.id());
                } else {
                    service.source.put(endpoint.withWeight(1 + random.nextInt(10)));
                }
            }
            default -> {
                List<EndpointStatus> now = service.loadBalancer.endpoints();
                if (!now.isEmpty()) {
                    String id = now.get(random.nextInt(now.size())).endpoint().id();
                    if (random.nextInt(3) == 0) {
                        service.loadBalancer.drain(id);
                    } else {
                        service.loadBalancer.undrain(id);
                    }
                }
            }
        }
    }

    private void call(TestService service, Random random) {
        boolean somebody = service.loadBalancer.endpoints().stream()
                .anyMatch(status -> !status.availability().has(OutReason.DRAINING));
        BalancedCall call = service.call();
        try {
            open.push(call.nextAttempt());
            if (random.nextInt(4) == 0) {
                Outcome outcome = Outcome.of(KINDS[random.nextInt(KINDS.length)], "random");
                open.pop().complete(outcome);
                if (call.retryAfter(outcome).isRetry()) {
                    open.push(call.nextAttempt());
                }
            }
        } catch (NoEndpointException e) {
            assertThat(somebody).as(e.getMessage()).isFalse();
        }
    }

    private void end(Random random) {
        Attempt attempt = random.nextBoolean() ? open.pollFirst() : open.pollLast();
        Outcome outcome = Outcome.of(KINDS[random.nextInt(KINDS.length)], "random");
        if (random.nextInt(3) == 0) {
            attempt.answered(outcome);
        }
        if (random.nextInt(10) == 0) {
            open.push(attempt); // somebody completes it again later
        }
        attempt.complete(outcome);
    }

    private static void everyEndpointComesBack(TestService service, int size) {
        for (int i = 0; i < size; i++) {
            service.advance(Duration.ofSeconds(40));
            service.picks(3);
        }
        service.picks(size);
        assertThat(service.loadBalancer.endpoints())
                .allMatch(status -> status.availability().isAvailable());
    }
}
