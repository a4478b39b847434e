package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.tier;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import org.junit.jupiter.api.Test;

/** Servers that call servers. */
class ChainTest {
    /** Two servers, and behind them three; the work takes 20 ms and 30 ms, a message 1 ms. */
    private static Simulation chain() {
        return Simulation.of(1)
                .servers(2, Servers.workers(50).serviceTime(ServiceTime.constant(millis(20))))
                .nextTier(millis(200))
                .servers(3, Servers.workers(50).serviceTime(ServiceTime.constant(millis(30))))
                .clients(2, Clients.ratePerSecond(50))
                .networkDelay(millis(1))
                .loadBalancer(Fleets::bare);
    }

    @Test
    void aCallTakesTheWorkOfEveryTierAndTheWaysBetween() {
        Result result = chain().run(seconds(10));

        assertThat(result.failures()).isEmpty();
        assertThat(result.latency().max()).isEqualTo(millis(54));
        assertThat(result.latency().mean()).isEqualTo(millis(54));
        assertThat(result.whole().attemptsPerCall(0)).isEqualTo(1);
        assertThat(result.whole().attemptsPerCall(1)).isEqualTo(1);
        assertThat(result.inFlightAtEnd()).isZero();
    }

    @Test
    void sharesAreThoseOfATier() {
        Period whole = chain().run(seconds(10)).whole();

        assertThat(whole.share(0) + whole.share(1)).isCloseTo(1, within(1e-9));
        assertThat(whole.share(2) + whole.share(3) + whole.share(4)).isCloseTo(1, within(1e-9));
    }

    @Test
    void aWorkerIsHeldUntilTheNextTierHasAnswered() {
        Result result = Simulation.of(1)
                .servers(1, Servers.workers(1).serviceTime(ServiceTime.constant(millis(1))))
                .nextTier(seconds(1))
                .servers(1, Servers.workers(100).serviceTime(ServiceTime.constant(millis(50))))
                .clients(1, Clients.ratePerSecond(1000))
                .run(seconds(10));

        assertThat(result.between(seconds(1), seconds(9)).picks(1) / 8.0)
                .as("one at a time, 51.5 ms each")
                .isBetween(19.0, 20.0);
    }

    @Test
    void aFailureBehindIsA503InFrontAndMayBeRetriedAtEveryHop() {
        Simulation broken = chain().at(seconds(0), Fault.errors(tier(1), 1, millis(1)));

        Result result = broken.loadBalancer(
                        builder -> Fleets.bare(builder).retryBudget(RetryStormStoriesTest.NO_BUDGET))
                .run(seconds(10));
        assertThat(result.failures()).containsOnlyKeys("HTTP 503, the next tier failed");
        assertThat(result.whole().attemptsPerCall(0)).isEqualTo(3);
        assertThat(result.whole().attemptsPerCall(1)).isEqualTo(9);
    }

    @Test
    void aHopMayHaveSettingsOfItsOwn() {
        Result result = Simulation.of(1)
                .servers(2, Servers.workers(50))
                .nextTier(millis(200), builder -> builder.retry(new RetryPolicy(2, Backoff.DEFAULT)))
                .servers(3, Servers.workers(50))
                .clients(2, Clients.ratePerSecond(50))
                .loadBalancer(builder -> Fleets.bare(builder).retryBudget(RetryStormStoriesTest.NO_BUDGET))
                .at(seconds(0), Fault.errors(tier(1), 1, millis(1)))
                .run(seconds(10));

        assertThat(result.whole().attemptsPerCall(0)).isEqualTo(3);
        assertThat(result.whole().attemptsPerCall(1)).isEqualTo(6);
    }

    @Test
    void aServerWaitsForTheNextTierNoLongerThanItsDeadline() {
        Result result = chain().at(seconds(0), Fault.stall(tier(1)))
                .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE))
                .run(seconds(5));

        assertThat(result.failures()).containsOnlyKeys("HTTP 503, the next tier failed");
        assertThat(result.inFlightAtEnd()).isZero();
    }

    @Test
    void whenAServerCrashesItsCallsEndWithIt() {
        Result result = chain().between(seconds(2), seconds(4), Fault.crash(server(0)))
                .between(seconds(5), seconds(6), Fault.crash(server(3)))
                .run(seconds(10));

        assertThat(result.failures()).isEmpty();
        assertThat(result.attempts(Outcome.Kind.CANCELLED)).isPositive();
        assertThat(result.inFlightAtEnd()).isZero();
    }

    @Test
    void discoveryOfATierIsItsOwn() {
        Result result =
                chain().between(seconds(2), seconds(8), Fault.absent(server(4))).run(seconds(10));

        assertThat(result.between(seconds(3), seconds(8)).picks(4)).isZero();
        assertThat(result.between(seconds(3), seconds(8)).share(2)).isCloseTo(0.5, within(0.1));
        assertThat(result.between(seconds(3), seconds(8)).share(0)).isCloseTo(0.5, within(0.1));
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        Simulation chain = chain().between(seconds(2), seconds(4), Fault.crash(server(0)))
                .between(seconds(3), seconds(6), Fault.slow(tier(1), 10));

        assertThat(chain.run(seconds(10)).digest())
                .isEqualTo(chain.run(seconds(10)).digest());
    }

    @Test
    void nothingIsLostAndNothingCountedTwice() {
        Result result = Simulation.of(4)
                .servers(3, Servers.workers(20))
                .nextTier(millis(300))
                .servers(4, Servers.workers(4).queue(20).noticingCancel())
                .nextTier(millis(150))
                .servers(2, Servers.workers(4).queue(50))
                .clients(5, Clients.ratePerSecond(40))
                .between(seconds(3), seconds(5), Fault.crash(server(1)))
                .between(seconds(4), seconds(7), Fault.slow(tier(2), 5))
                .between(seconds(6), seconds(9), Fault.blackHole(server(4)))
                .between(seconds(8), seconds(9), Fault.stall(server(5)))
                .run(seconds(15));

        for (Result each : new Result[] {result, result.oracle()}) {
            long sent = each.servers().stream()
                    .mapToLong(server -> server.vanished() + server.refused() + server.received())
                    .sum();
            assertThat(each.attempts()).isEqualTo(sent);
            assertThat(each.calls()).isEqualTo(each.whole().calls());
            assertThat(each.inFlightAtEnd()).isZero();
            assertThat(each.servers())
                    .allSatisfy(server -> assertThat(server.received())
                            .isEqualTo(server.answered() + server.broken() + server.dropped() + server.left()));
        }
        assertThat(result.oracle().successRate()).isGreaterThan(result.successRate());
    }
}
