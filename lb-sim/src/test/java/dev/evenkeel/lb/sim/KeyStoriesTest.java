package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.region;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Calls with keys, and regions. */
class KeyStoriesTest {
    private static final Servers SERVER =
            Servers.workers(8).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(20), 0.4));

    private static Simulation tenServers(int keys) {
        return Simulation.of(16)
                .servers(10, SERVER)
                .clients(10, Clients.ratePerSecond(60).keys(keys));
    }

    @Test
    void aKeyStaysWhereItIsWhereverItsCallsComeFrom() {
        Result hashed = tenServers(1_000)
                .loadBalancer(builder -> builder.policy(LoadBalancingPolicy.ringHash()))
                .run(seconds(10));
        Result random = tenServers(1_000)
                .loadBalancer(builder -> builder.policy(LoadBalancingPolicy.random()))
                .run(seconds(10));

        assertThat(hashed.whole().movedShare()).isZero();
        assertThat(random.whole().movedShare()).isEqualTo(0.9, within(0.02));
    }

    @Test
    void onlyTheKeysOfAServerThatDiesMoveAndTheyComeBackToIt() {
        Result result = tenServers(1_000)
                .loadBalancer(builder -> builder.policy(LoadBalancingPolicy.rendezvous()))
                .between(seconds(20), seconds(30), crash(server(3)))
                .run(seconds(120));

        double before = result.between(ZERO, seconds(20)).share(3);
        assertThat(result.between(ZERO, seconds(20)).movedShare()).isZero();
        assertThat(result.between(seconds(22), seconds(29)).share(3))
                .as("probes alone")
                .isLessThan(0.01);
        for (int other : IntStream.range(0, 10).filter(i -> i != 3).toArray()) {
            assertThat(result.between(seconds(22), seconds(29)).share(other))
                    .as("server %d inherits a part", other)
                    .isGreaterThan(result.between(ZERO, seconds(20)).share(other) * 0.95);
        }
        assertThat(result.between(seconds(100), seconds(120)).share(3)).isEqualTo(before, within(0.2 * before));
        assertThat(result.between(seconds(100), seconds(120)).movedShare()).isZero();
    }

    @Test
    void keysChangeNothingForPoliciesThatDoNotLookAtThem() {
        assertThat(tenServers(1_000).run(seconds(5)).digest())
                .isEqualTo(tenServers(0).run(seconds(5)).digest());
        assertThat(tenServers(0).run(seconds(5)).whole().movedShare()).isZero();
    }

    @Test
    void aServerPassesTheKeyOnToTheNextTier() {
        Result result = Simulation.of(17)
                .clients(4, Clients.ratePerSecond(20).keys(1))
                .servers(4, SERVER)
                .nextTier(seconds(1), builder -> builder.policy(LoadBalancingPolicy.maglev()))
                .servers(4, SERVER)
                .run(seconds(10));

        assertThat(IntStream.range(4, 8)
                        .mapToDouble(result.whole()::share)
                        .max()
                        .orElseThrow())
                .isEqualTo(1);
        assertThat(result.whole().share(0))
                .as("the first tier has another policy")
                .isLessThan(0.5);
    }

    @Test
    void clientsUseTheirOwnRegionUntilItIsGone() {
        Result result = Simulation.of(18)
                .servers(4, SERVER.region("eu").zone("a"))
                .servers(4, SERVER.region("us").zone("a"))
                .clients(8, Clients.ratePerSecond(20).region("us").zone("a"))
                .between(seconds(10), seconds(20), crash(region("us")))
                .run(seconds(20));

        assertThat(abroad(result.between(ZERO, seconds(10)))).isZero();
        assertThat(abroad(result.between(seconds(11), seconds(20))))
                .as("all but probes")
                .isGreaterThan(0.9);
        assertThat(result.successRate()).isGreaterThan(0.99);
    }

    private static double abroad(Period period) {
        return IntStream.range(0, 4).mapToDouble(period::share).sum();
    }
}
