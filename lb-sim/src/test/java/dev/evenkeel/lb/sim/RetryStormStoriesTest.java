package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fault.refuse;
import static dev.evenkeel.lb.sim.Fault.rollingDeploy;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.servers;
import static dev.evenkeel.lb.sim.Target.tier;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Retries must not become an outage of their own, and must be there where they help. These stories found the retry budget's minimum: 10
 * a second on top of the share, as it once was, fails them.
 */
class RetryStormStoriesTest {
    static final RetryBudget.Settings NO_BUDGET = new RetryBudget.Settings(1, 1_000_000, seconds(10));
    private static final RetryBudget.Settings NO_MINIMUM = new RetryBudget.Settings(0.2, 0, seconds(10));

    /**
     * Clients call A, A calls B, B calls the leaf, with three attempts at each hop. The leaf can do 100 requests a second and gets 70;
     * for 8 s it is ten times as slow. Its queue holds what takes it twice as long as B waits, so once it is full all its work is for
     * nobody, and B's 503s are repeated by A, and A's by the clients.
     *
     * @param leaves as how many smaller servers the leaf runs
     */
    private static Simulation chain(long seed, int leaves) {
        Servers inBetween = Servers.workers(100).serviceTime(ServiceTime.logNormal(millis(5), 0.3));
        return Simulation.of(seed)
                .clients(10, Clients.ratePerSecond(7).deadline(seconds(1)))
                .servers(4, inBetween)
                .nextTier(millis(700))
                .servers(4, inBetween)
                .nextTier(millis(400))
                .servers(
                        leaves,
                        Servers.workers(10 / leaves).queue(80 / leaves).serviceTime(ServiceTime.constant(millis(100))))
                .between(seconds(20), seconds(28), slow(tier(2), 10));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void s9ASlowLeafIsNotBuriedUnderRetriesAndRecovers(long seed) {
        Result result = chain(seed, 1).run(seconds(60));

        assertThat(result.whole().attemptsPerCall(2)).isLessThan(1.2);
        assertThat(result.timeToRecover(seconds(28)).orElseThrow()).isLessThan(seconds(5));
        assertThat(result.between(seconds(33), seconds(60)).successRate()).isEqualTo(1);
    }

    /**
     * Of small leaves the four servers in between know little, each by itself, so after the trigger it takes luck to use them evenly: on average
     * they recover in 2.7 s and in 3 s, with some seeds in 5 to 6 s. Before queues counted among endpoints that all fail, less than half of the seeds
     * reached the mark.
     */
    @ParameterizedTest
    @CsvSource({"2, 58", "5, 54"})
    void s9AFewSmallLeavesRecoverWithMostSeeds(int leaves, int seeds) {
        int recovered = 0;
        for (long seed = 1; seed <= 60; seed++) {
            Result result = chain(seed, leaves).run(seconds(60));
            boolean inTime = result.timeToRecover(seconds(28))
                    .filter(time -> time.compareTo(seconds(5)) < 0)
                    .isPresent();
            recovered += inTime && result.whole().attemptsPerCall(2) < 1.2 ? 1 : 0;
        }
        assertThat(recovered).isGreaterThanOrEqualTo(seeds);
    }

    /** The leaf answers 200 ms later, and has room for it. */
    private static Simulation lateLeaf(long seed) {
        Servers inBetween = Servers.workers(100).serviceTime(ServiceTime.logNormal(millis(5), 0.3));
        return Simulation.of(seed)
                .clients(10, Clients.ratePerSecond(7).deadline(seconds(2)))
                .servers(4, inBetween)
                .nextTier(millis(1500))
                .servers(4, inBetween)
                .nextTier(seconds(1))
                .servers(4, Servers.workers(10).queue(80).serviceTime(ServiceTime.logNormal(millis(50), 0.5)))
                .between(seconds(20), seconds(28), slow(tier(2), 5));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void s9HedgesAtEveryHopDoNotBuryALeafThatAnswersLate(long seed) {
        Result result = lateLeaf(seed)
                .loadBalancer(builder -> builder.hedging(Hedging.DEFAULT))
                .run(seconds(60));

        assertThat(result.whole().attemptsPerCall(2)).isLessThan(1.2);
        assertThat(result.timeToRecover(seconds(28)).orElseThrow()).isLessThan(seconds(1));
        assertThat(result.successRate()).isGreaterThan(0.995);
    }

    @Test
    void s9WithoutABudgetTheCollapseOutlivesItsTrigger() {
        Result result = chain(1, 1)
                .loadBalancer(builder -> builder.retryBudget(NO_BUDGET))
                .run(seconds(60));

        assertThat(result.whole().attemptsPerCall(2)).isGreaterThan(10);
        assertThat(result.timeToRecover(seconds(28))).isEmpty();
        assertThat(result.between(seconds(50), seconds(60)).successRate()).isLessThan(0.1);
    }

    @Test
    void s9AfterAMinuteOfTotalOutageRetriesStillBegin() {
        Simulation story = Simulation.of(9)
                .servers(6, Servers.workers(8).serviceTime(ServiceTime.logNormal(millis(20), 0.4)))
                .clients(10, Clients.ratePerSecond(10))
                .between(seconds(20), seconds(80), errors(everyServer(), 1, millis(1)));

        Result result = story.run(seconds(90));
        Period late = result.between(seconds(70), seconds(80));
        assertThat(late.attemptsPerCall()).isBetween(1.02, 1.04);
        assertThat(result.timeToRecover(seconds(80)).orElseThrow()).isLessThan(seconds(1));

        Result unprotected =
                story.loadBalancer(builder -> builder.retryBudget(NO_MINIMUM)).run(seconds(90));
        assertThat(unprotected.between(seconds(70), seconds(80)).attemptsPerCall())
                .isLessThan(1.001);
    }

    /** Each client has a budget of its own, so what is harmless for one is not for a thousand. */
    @ParameterizedTest
    @ValueSource(ints = {20, 100, 400, 1000})
    void s16HoldsForManySmallClients(int clients) {
        Simulation story = Simulation.of(1)
                .servers(10, Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(millis(25), 0.5)))
                .clients(clients, Clients.ratePerSecond(840.0 / clients).deadline(seconds(1)))
                .between(seconds(10), seconds(20), overload(2.5));

        Period overload = story.run(seconds(40)).between(seconds(10), seconds(20));
        assertThat(overload.attemptsPerCall()).isLessThan(1.2);
    }

    private static Simulation smallClients(int servers) {
        return Simulation.of(1)
                .servers(servers, Servers.workers(8).serviceTime(ServiceTime.logNormal(millis(20), 0.4)))
                .clients(200, Clients.ratePerSecond(1));
    }

    @Test
    void clientsWithOneCallASecondAreHelpedByRetriesToo() {
        Simulation deploy = smallClients(6).at(seconds(10), rollingDeploy(seconds(3), seconds(2)));
        Simulation blackHole = smallClients(4).at(seconds(30), errors(server(2), 1, millis(1)));
        Simulation crash = smallClients(20)
                .at(Duration.ZERO, errors(everyServer(), 0.01, millis(1)))
                .at(seconds(60), crash(server(7)));

        assertThat(deploy.run(seconds(80)).failures()).isEmpty();
        assertThat(blackHole.run(seconds(120)).failures()).isEmpty();
        assertThat(crash.run(seconds(120)).failures()).isEmpty();

        assertThat(deploy.loadBalancer(builder -> builder.retryBudget(NO_MINIMUM))
                        .run(seconds(80))
                        .failures())
                .isNotEmpty();
    }

    /** Half of the servers are dead, and twenty calls are on their way before the first is refused: nothing has paid for a retry yet. */
    @Test
    void aClientThatStartsWithManyCallsSurvivesDeadServers() {
        Simulation story = Simulation.of(1)
                .servers(6, Servers.workers(100).serviceTime(ServiceTime.constant(millis(100))))
                .clients(1, Clients.ratePerSecond(1000))
                .networkDelay(millis(10))
                .at(Duration.ZERO, refuse(servers(3, 4, 5)));

        assertThat(story.run(seconds(2)).failures()).isEmpty();

        RetryBudget.Settings threeAtFirst = new RetryBudget.Settings(0.2, 0.03, seconds(10));
        assertThat(story.loadBalancer(builder -> builder.retryBudget(threeAtFirst))
                        .run(seconds(2))
                        .failures())
                .isNotEmpty();
    }
}
