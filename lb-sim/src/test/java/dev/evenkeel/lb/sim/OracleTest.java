package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Nobody does better than the oracle, and it does not do what nobody could. */
class OracleTest {
    @Test
    void withoutFaultsItIsAtLeastAsFastAsAnyPolicy() {
        Result result = Fleets.tenServers().run(seconds(30));

        assertThat(result.oracle().latency().mean()).isLessThan(result.latency().mean());
        assertThat(result.oracle().latency().percentile(99))
                .isLessThan(result.latency().percentile(99));
        assertThat(result.oracle().oracle()).isSameAs(result.oracle());
    }

    @Test
    void itNeverPicksAServerThatWouldFail() {
        Result oracle = Fleets.tenServers()
                .between(seconds(2), seconds(10), Fault.crash(server(1)))
                .between(seconds(2), seconds(10), Fault.errors(server(2), 0.01, millis(1)))
                .between(seconds(2), seconds(10), Fault.stall(server(3)))
                .run(seconds(12))
                .oracle();

        for (int server = 1; server <= 3; server++) {
            assertThat(oracle.between(seconds(3), seconds(10)).picks(server)).isZero();
        }
        assertThat(oracle.successRate()).isGreaterThan(0.999);
    }

    @Test
    void itWaitsWhereNobodyCanAnswer() {
        Result oracle = Fleets.tenServers()
                .between(seconds(5), seconds(5.5), Fault.refuse(everyServer()))
                .run(seconds(10))
                .oracle();

        assertThat(oracle.successRate()).isEqualTo(1);
        assertThat(oracle.attemptsPerCall()).isEqualTo(1);
    }

    @Test
    void inOverloadItServesWhatCanBeServedAndWastesNothing() {
        Simulation overloaded = Simulation.of(3)
                .servers(4, Servers.workers(2).queue(1_000).serviceTime(ServiceTime.constant(millis(20))))
                .clients(4, Clients.ratePerSecond(200)); // 800 calls a second, of which 400 can be served

        Result result = overloaded.run(seconds(30));

        assertThat(result.oracle().successRate()).isCloseTo(0.5, within(0.03));
        assertThat(result.oracle().attemptsPerCall()).isCloseTo(result.oracle().successRate(), within(0.01));
        assertThat(result.successRate())
                .as("queues longer than the deadline are worked off for nobody")
                .isLessThan(0.3);
    }
}
