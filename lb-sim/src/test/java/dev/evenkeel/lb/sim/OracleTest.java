package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** The oracle is a bound, and one that is as close as it says; {@link OracleBoundTest} asks whether anything beats it. */
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
    void itNeverPicksAServerThatFailsEverythingOrIsSlower() {
        Result oracle = Fleets.tenServers()
                .between(seconds(2), seconds(10), Fault.crash(server(1)))
                .between(seconds(2), seconds(10), Fault.errors(server(2), 1, millis(1)))
                .between(seconds(2), seconds(10), Fault.stall(server(3)))
                .run(seconds(12))
                .oracle();

        for (int server = 1; server <= 3; server++) {
            assertThat(oracle.between(seconds(3), seconds(10)).picks(server)).isZero();
        }
        assertThat(oracle.successRate()).isGreaterThan(0.999);
    }

    @Test
    void errorsThatAreSpreadDoNotMakeItFail() {
        Result result = Fleets.tenServers()
                .at(ZERO, Fault.errors(everyServer(), 0.01, millis(1)))
                .run(seconds(10));

        assertThat(result.oracle().failures()).as("another attempt might do").isEmpty();
    }

    @Test
    void aCallTakesWhatItTakesWhereItIsQuickest() {
        Result oracle = Simulation.of(1)
                .servers(1, Servers.workers(1).serviceTime(ServiceTime.constant(millis(30))))
                .servers(1, Servers.workers(1).serviceTime(ServiceTime.constant(millis(20))))
                .clients(1, Clients.ratePerSecond(20))
                .networkDelay(millis(1))
                .between(seconds(2), seconds(4), Fault.slow(server(1), 10))
                .between(seconds(6), seconds(8), Fault.clientStall())
                .run(seconds(10))
                .oracle();

        assertThat(oracle.between(ZERO, seconds(2)).latency().max()).isEqualTo(millis(22));
        assertThat(oracle.between(seconds(2.1), seconds(4)).latency().max()).isEqualTo(millis(32));
        assertThat(oracle.between(seconds(6.1), seconds(6.9)).calls()).isZero();
        assertThat(oracle.between(seconds(8), seconds(8.1)).latency().max()).isBetween(millis(1_900), millis(2_022));
    }

    @Test
    void itDoesNotKnowServersThatDiscoveryHasNeverListed() {
        Result oracle = Simulation.of(1)
                .servers(1, Servers.workers(9).serviceTime(ServiceTime.constant(millis(30))))
                .servers(1, Servers.workers(9).serviceTime(ServiceTime.constant(millis(3))))
                .clients(1, Clients.ratePerSecond(20))
                .between(ZERO, seconds(5), Fault.absent(server(1)))
                .run(seconds(10))
                .oracle();

        assertThat(oracle.between(ZERO, seconds(4)).picks(1)).isZero();
        assertThat(oracle.between(seconds(5), seconds(10)).share(1)).isEqualTo(1);
    }

    @Test
    void itKnowsThatACrashIsComing() {
        Result oracle = Simulation.of(1)
                .servers(1, Servers.workers(9).serviceTime(ServiceTime.constant(millis(100))))
                .servers(1, Servers.workers(9).serviceTime(ServiceTime.constant(millis(500))))
                .clients(1, Clients.ratePerSecond(50).nonIdempotentShare(1))
                .between(seconds(2), seconds(8), Fault.crash(server(0)))
                .run(seconds(10))
                .oracle();

        assertThat(oracle.successRate()).isEqualTo(1);
        assertThat(oracle.between(seconds(2), seconds(2.4)).calls())
                .as("what the crash would break is done by the other one")
                .isZero();
    }

    @Test
    void whatServersNeedFromTheNextTierCounts() {
        Result oracle = Simulation.of(1)
                .servers(2, Servers.workers(9).serviceTime(ServiceTime.constant(millis(5))))
                .nextTier(seconds(1))
                .servers(2, Servers.workers(9).serviceTime(ServiceTime.constant(millis(20))))
                .clients(1, Clients.ratePerSecond(20))
                .networkDelay(millis(1))
                .at(ZERO, Fault.slow(server(2), 3))
                .run(seconds(5))
                .oracle();

        assertThat(oracle.latency().max()).isEqualTo(millis(29));
        assertThat(oracle.whole().share(3)).isEqualTo(1);
        assertThat(oracle.whole().attemptsPerCall(1)).isEqualTo(1);
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
