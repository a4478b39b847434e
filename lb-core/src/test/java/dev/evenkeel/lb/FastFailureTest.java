package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An endpoint that fails at once has a short queue, but must not be taken for a good one: with any policy it gains nothing, at low and at
 * high load. Outlier detection is off here, so that only the policy's own eyes count.
 */
class FastFailureTest {
    private static final String BAD = "10.0.0.3:80";

    /** Healthy answers take so long that queues are long, as load is a request every 1.25 ms. */
    private static final long ANSWER_NANOS = Duration.ofMillis(100).toNanos();

    static Stream<Arguments> policies() {
        LoadBalancingPolicy ewma = LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
        LoadBalancingPolicy inFlight = LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT);
        return Stream.of(
                Arguments.of(ewma, 1, 0.02),
                Arguments.of(
                        LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).draws(3), 1, 0.02),
                Arguments.of(
                        LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA).all(), 1, 0.02),
                Arguments.of(ewma, 3, 0.02),
                Arguments.of(inFlight, 1, 0.28),
                Arguments.of(
                        LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT).all(), 1, 0.28),
                Arguments.of(inFlight, 3, 0.16),
                Arguments.of(LoadBalancingPolicy.roundRobin(), 1, 0.26),
                Arguments.of(LoadBalancingPolicy.random(), 1, 0.28));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void anEndpointThatFailsFastNeverGainsTraffic(LoadBalancingPolicy policy, double othersWeight, double most) {
        TestService service = TestService.with(
                settings -> settings.policy(policy).outliers(OutlierDetection.DEFAULT.withMode(DetectorMode.OFF)));
        service.source.set(List.of(
                Endpoint.of("10.0.0.0:80").withWeight(othersWeight),
                Endpoint.of("10.0.0.1:80").withWeight(othersWeight),
                Endpoint.of("10.0.0.2:80").withWeight(othersWeight),
                Endpoint.of(BAD)));
        int bad = 0;
        int calls = 0;
        for (int i = 0; i < 800 * 40; i++) {
            boolean counted = i >= 800 * 32;
            Attempt attempt = service.attempt();
            boolean toBad = attempt.endpoint().id().equals(BAD);
            boolean fails = toBad && i >= 800 * 30;
            calls += counted ? 1 : 0;
            bad += counted && toBad ? 1 : 0;
            service.time.schedule(
                    fails ? 1_000_000 : ANSWER_NANOS,
                    () -> attempt.complete(fails ? TestService.HTTP_503 : Outcome.SUCCESS));
            service.advance(Duration.ofNanos(1_250_000));
        }
        assertThat((double) bad / calls).isLessThan(most);
    }
}
