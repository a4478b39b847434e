package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.policy.LoadBalancingPolicy.leastLoaded;
import static dev.evenkeel.lb.policy.LoadBalancingPolicy.roundRobin;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is known of policies from elsewhere shows in the simulator too. */
class PolicyComparisonTest {
    private static final LoadBalancingPolicy BY_LATENCY = leastLoaded(LoadMetric.PEAK_EWMA);

    @Test
    void aSlowServerHurtsRoundRobinAndNotWhatMeasuresLatency() {
        Result byLatency = withSlowServer(BY_LATENCY);
        Result byRoundRobin = withSlowServer(roundRobin());

        long best = byLatency.oracle().latency().percentile(99).toNanos();
        assertThat(byLatency.successRate()).isGreaterThan(0.999);
        assertThat(byLatency.latency().percentile(99).toNanos()).isLessThan(best * 5 / 4);
        assertThat(byRoundRobin.successRate()).isLessThan(0.99);
        assertThat(byRoundRobin.latency().percentile(99).toNanos()).isGreaterThan(best * 5);
    }

    private static Result withSlowServer(LoadBalancingPolicy policy) {
        return Fleets.tenServers()
                .loadBalancer(builder -> Fleets.bare(builder).policy(policy))
                .at(seconds(5), slow(server(3), 10))
                .run(seconds(30));
    }

    @Test
    void aServerThatFailsFastLosesItsTrafficByLatencyAndKeepsItInTurns() {
        Result byLatency = withFailingServer(BY_LATENCY);
        Result byRoundRobin = withFailingServer(roundRobin());

        assertThat(byLatency.between(seconds(7), seconds(15)).share(3)).isLessThan(0.02);
        assertThat(byRoundRobin.between(seconds(7), seconds(15)).share(3)).isGreaterThan(0.09);
        assertThat(byLatency.attemptsPerCall()).isLessThan(1.01);
        assertThat(byRoundRobin.attemptsPerCall()).isGreaterThan(1.05);
    }

    @Test
    void withEverythingOnAFailingServerLosesItsTrafficUnderEveryPolicy() {
        for (LoadBalancingPolicy policy : List.of(BY_LATENCY, leastLoaded(LoadMetric.IN_FLIGHT), roundRobin())) {
            Result result = Fleets.tenServers()
                    .loadBalancer(builder -> builder.policy(policy))
                    .at(seconds(5), errors(server(3), 1, millis(1)))
                    .run(seconds(15));

            assertThat(result.between(seconds(7), seconds(15)).share(3)).isLessThan(0.02);
            assertThat(result.successRate()).isEqualTo(1);
        }
    }

    private static Result withFailingServer(LoadBalancingPolicy policy) {
        return Fleets.tenServers()
                .loadBalancer(builder -> Fleets.bare(builder).policy(policy))
                .at(seconds(5), errors(server(3), 1, millis(1)))
                .run(seconds(15));
    }

    @Test
    void withoutFaultsEveryPolicyIsFair() {
        for (LoadBalancingPolicy policy : List.of(BY_LATENCY, roundRobin(), LoadBalancingPolicy.random())) {
            Period whole = Fleets.tenServers()
                    .loadBalancer(builder -> builder.policy(policy))
                    .run(seconds(20))
                    .whole();
            for (int server = 0; server < 10; server++) {
                assertThat(whole.share(server))
                        .as("%s, server %s", policy, server)
                        .isBetween(0.085, 0.115);
            }
        }
    }
}
