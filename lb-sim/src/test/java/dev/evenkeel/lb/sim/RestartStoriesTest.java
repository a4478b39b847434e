package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.policy.LoadBalancingPolicy.leastLoaded;
import static dev.evenkeel.lb.policy.LoadMetric.IN_FLIGHT;
import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.coldStart;
import static dev.evenkeel.lb.sim.Fault.rollingDeploy;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.health.SlowStart;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Servers that come back warm must not be spared, as the others then do their work; and servers that are cold must be. Nothing but their
 * answers tells which they are.
 */
class RestartStoriesTest {
    private static final int SEEDS = 3;

    /** Ten servers of four workers at 60 % of their capacity. */
    private static Simulation busy(int clients, long seed) {
        return Simulation.of(seed)
                .servers(10, Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(millis(25), 0.5)))
                .clients(clients, Clients.ratePerSecond(840.0 / clients).deadline(seconds(1)));
    }

    private static double p99Millis(Period period) {
        return period.latency().percentile(99).toNanos() / 1e6;
    }

    private static double p99OfADeploy(UnaryOperator<LoadBalancerBuilder> settings) {
        double sum = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            sum += p99Millis(busy(20, seed)
                    .at(seconds(5), rollingDeploy(seconds(3), seconds(2)))
                    .loadBalancer(settings)
                    .run(seconds(65))
                    .whole());
        }
        return sum / SEEDS;
    }

    /** Measured: 89.4 ms, beside 89.7 ms with least in flight and our protections, and 87.5 ms without its slow start. */
    @Test
    void aRollingDeployCostsNoMoreThanWithLeastInFlight() {
        double peer = p99OfADeploy(builder -> builder.policy(leastLoaded(IN_FLIGHT)));
        double peerAtOnce =
                p99OfADeploy(builder -> builder.policy(leastLoaded(IN_FLIGHT)).slowStart(SlowStart.OFF));
        double ours = p99OfADeploy(builder -> builder);

        assertThat(ours).isLessThan(1.03 * Math.min(peer, peerAtOnce));
    }

    /**
     * With a ramp of 30 s whatever the answers, as it was before slow starts ended early, the p99 of these calls was 81.8, 90.2 and 95.8 ms, the
     * mean of the same seeds; with one that ends it is 84.6, 90.2 and 97.2 ms.
     */
    @ParameterizedTest
    @CsvSource({"1, 81.8", "20, 90.2", "200, 95.8"})
    void aServerThatJoinsColdIsSparedThoughWarmOnesAreNot(int clients, double p99WithAFixedRamp) {
        double sum = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            Result result = busy(clients, seed)
                    .between(ZERO, seconds(5), absent(server(9)))
                    .at(seconds(5), coldStart(server(9)))
                    .run(seconds(70));
            assertThat(result.successRate()).isGreaterThan(0.999);
            sum += p99Millis(result.between(seconds(5), seconds(40)));
        }
        assertThat(sum / SEEDS).isLessThan(1.05 * p99WithAFixedRamp);
    }
}
