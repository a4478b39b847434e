package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.coldStart;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.flapping;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fault.refuse;
import static dev.evenkeel.lb.sim.Fault.rollingDeploy;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.servers;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.health.DetectorMode;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Stories of how fleets fail, each with the mark that the default settings reach, and with the protection off, which misses it. The fleets
 * are those of the failure stories that others told; latency is counted from the moment at which a call was meant to be sent.
 */
class FailureStoriesTest {
    private static final OutlierDetection NO_DETECTION = OutlierDetection.DEFAULT.withMode(DetectorMode.OFF);
    private static final RetryBudget.Settings NO_BUDGET = new RetryBudget.Settings(1, 1_000_000, ofSeconds(10));

    /** Servers with some room, whose answers take about 20 ms. */
    private static Simulation roomy(int servers, int ratePerSecond) {
        return Simulation.of(1)
                .servers(servers, Servers.workers(8).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(20), 0.4)))
                .clients(10, Clients.ratePerSecond(ratePerSecond / 10.0).deadline(ofSeconds(1)));
    }

    /** Ten servers of four workers at 60 % of their capacity. */
    private static Simulation busy() {
        return Simulation.of(1)
                .servers(10, Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(25), 0.5)))
                .clients(20, Clients.ratePerSecond(42).deadline(ofSeconds(1)));
    }

    private static Duration p99(Period period) {
        return period.latency().percentile(99);
    }

    private static double ratioToTheBest(Result result) {
        return (double) result.latency().percentile(99).toNanos()
                / result.oracle().latency().percentile(99).toNanos();
    }

    @Test
    void s1NewServersGetTheirShareWhenTheirRampIsOver() {
        Result result = roomy(6, 300)
                .between(ZERO, ofSeconds(20), absent(servers(3, 4, 5)))
                .run(ofSeconds(80));

        assertThat(result.successRate()).isEqualTo(1);
        for (int newcomer = 3; newcomer < 6; newcomer++) {
            assertThat(result.between(ofSeconds(52), ofSeconds(80)).share(newcomer))
                    .isGreaterThan(0.85 / 6);
        }
    }

    @Test
    void s2AServerThatFailsAtOnceGetsNextToNothing() {
        Simulation story = roomy(4, 200).at(ofSeconds(10), errors(server(2), 1, ofMillis(1)));

        Result result = story.run(ofSeconds(40));
        assertThat(result.between(ofSeconds(12), ofSeconds(40)).share(2)).isLessThan(0.02);
        assertThat(result.successRate()).isGreaterThan(0.99);

        Result unprotected = story.loadBalancer(builder -> builder.policy(LoadBalancingPolicy.roundRobin())
                        .outliers(NO_DETECTION)
                        .retry(RetryPolicy.NONE))
                .run(ofSeconds(40));
        assertThat(unprotected.between(ofSeconds(12), ofSeconds(40)).share(2)).isGreaterThan(0.2);
        assertThat(unprotected.successRate()).isLessThan(0.99);
    }

    @Test
    void s4AServerThatStopsAndComesBackSlowIsAvoidedInBothAndHasItsShareLater() {
        Simulation story = roomy(6, 300)
                .between(ofSeconds(10), ofSeconds(15), stall(server(2)))
                .between(ofSeconds(15), ofSeconds(45), slow(server(2), 10));

        Result result = story.run(ofSeconds(80));
        assertThat(result.between(ofMillis(10_500), ofSeconds(15)).share(2)).isLessThan(0.05);
        assertThat(p99(result.between(ofSeconds(10), ofSeconds(45))))
                .isLessThan(p99(result.between(ZERO, ofSeconds(10))).multipliedBy(2));
        assertThat(result.between(ofSeconds(60), ofSeconds(80)).share(2)).isGreaterThan(0.6 / 6);

        Result unprotected = story.loadBalancer(builder ->
                        builder.policy(LoadBalancingPolicy.roundRobin()).outliers(NO_DETECTION))
                .run(ofSeconds(80));
        assertThat(unprotected.between(ofMillis(10_500), ofSeconds(15)).share(2))
                .isGreaterThan(0.1);
        assertThat(p99(unprotected.between(ofSeconds(10), ofSeconds(45)))).isGreaterThan(ofMillis(500));
    }

    /** Round robin by weight is what slow start alone protects: it sees no latency. */
    @Test
    void s5AColdServerIsWarmedBeforeItGetsItsShare() {
        Simulation story = Simulation.of(5)
                .servers(6, Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(25), 0.5)))
                .clients(20, Clients.ratePerSecond(24).deadline(ofSeconds(1)))
                .between(ZERO, ofSeconds(10), absent(server(5)))
                .at(ofSeconds(10), coldStart(server(5)))
                .loadBalancer(builder -> builder.policy(LoadBalancingPolicy.weightedRoundRobin()));

        Result result = story.run(ofSeconds(60));
        assertThat(result.successRate()).isEqualTo(1);
        assertThat(p99(result.between(ofSeconds(10), ofSeconds(40))))
                .isLessThan(p99(result.between(ZERO, ofSeconds(10))).multipliedBy(2));

        Result unprotected = story.loadBalancer(builder -> builder.policy(LoadBalancingPolicy.weightedRoundRobin())
                        .slowStart(SlowStart.OFF)
                        .outliers(NO_DETECTION))
                .run(ofSeconds(60));
        assertThat(unprotected.successRate()).isLessThan(0.99);
    }

    @Test
    void s5WhereAllServersAreReplacedNobodyIsStarved() {
        Result result = roomy(8, 400)
                .between(ZERO, ofSeconds(20), absent(servers(4, 5, 6, 7)))
                .at(ofSeconds(20), absent(servers(0, 1, 2, 3)))
                .run(ofSeconds(60));

        assertThat(result.successRate()).isEqualTo(1);
        for (int newcomer = 4; newcomer < 8; newcomer++) {
            assertThat(result.between(ofSeconds(21), ofSeconds(30)).share(newcomer))
                    .isBetween(0.2, 0.3);
        }
    }

    @Test
    void s8WhereEverybodyIsSickNobodyIsBlamed() {
        Simulation story = roomy(6, 300)
                .at(ofSeconds(5), errors(everyServer(), 0.3, ofMillis(1)))
                .loadBalancer(builder -> builder.retry(RetryPolicy.NONE));

        Result result = story.run(ofSeconds(60));
        assertThat(result.successRate()).isGreaterThan(0.68);
        for (int server = 0; server < 6; server++) {
            assertThat(result.between(ofSeconds(5), ofSeconds(60)).share(server))
                    .isBetween(0.05, 0.35);
        }
    }

    @Test
    void s10ARollingDeployIsNotNoticed() {
        Simulation story = roomy(6, 300).at(ofSeconds(10), rollingDeploy(ofSeconds(3), ofSeconds(2)));

        assertThat(story.run(ofSeconds(80)).failures()).isEmpty();

        Result unprotected =
                story.loadBalancer(builder -> builder.retry(RetryPolicy.NONE)).run(ofSeconds(80));
        assertThat(unprotected.failures()).isNotEmpty();
    }

    /** Each has a probe to send when discovery says that a server is back, to all of them at once. */
    @Test
    void s10ManySmallClientsDoNotAllGreetAServerThatIsBack() {
        Result result = Simulation.of(1)
                .servers(10, Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(25), 0.5)))
                .clients(200, Clients.ratePerSecond(4.2).deadline(ofSeconds(1)))
                .at(ofSeconds(5), rollingDeploy(ofSeconds(3), ofSeconds(2)))
                .run(ofSeconds(60));

        assertThat(result.failures()).isEmpty();
        assertThat(ratioToTheBest(result)).isLessThan(1.5);
    }

    @Test
    void s11TheNeighboursOfADeadServerDoNotInheritItsLoad() {
        for (LoadBalancingPolicy policy :
                new LoadBalancingPolicy[] {LoadBalancingPolicy.roundRobin(), LoadBalancingPolicy.weightedRoundRobin()
                }) {
            Result result = Simulation.of(11)
                    .servers(10, Servers.workers(8).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(20), 0.4)))
                    .clients(50, Clients.ratePerSecond(20).deadline(ofSeconds(1)))
                    .loadBalancer(builder -> builder.policy(policy))
                    .at(ZERO, refuse(server(4)))
                    .run(ofSeconds(30));
            double mean = IntStream.range(0, 10)
                    .filter(server -> server != 4)
                    .mapToDouble(server -> result.whole().share(server))
                    .average()
                    .orElseThrow();
            for (int server = 0; server < 10; server++) {
                assertThat(result.whole().share(server)).isLessThan(1.15 * mean);
            }
        }
    }

    @Test
    void s14UnderChurnNothingLeaks() {
        Simulation story = roomy(30, 600);
        for (int server = 0; server < 20; server++) {
            story = story.between(ofSeconds(1), ofSeconds(50), flapping(server(server), ofMillis(700 + 90L * server)));
        }
        Result result = story.run(ofSeconds(60));

        assertThat(result.inFlightAtEnd()).isZero();
        assertThat(result.successRate()).isEqualTo(1);
    }

    @Test
    void s16OverloadIsSurvivedWithoutCollapse() {
        Simulation story = busy().between(ofSeconds(10), ofSeconds(20), overload(2.5));

        Result result = story.run(ofSeconds(60));
        // The bound answers the shortest calls, and no load balancer knows which those are.
        assertThat(result.successRate()).isGreaterThan(0.94 * result.oracle().successRate());
        assertThat(result.attemptsPerCall()).isLessThan(1.2);
        assertThat(result.timeToRecover(ofSeconds(20)).orElseThrow()).isLessThan(ofSeconds(2));

        Result unprotected = story.loadBalancer(
                        builder -> builder.retryBudget(NO_BUDGET).outliers(NO_DETECTION))
                .run(ofSeconds(60));
        assertThat(unprotected.attemptsPerCall()).isGreaterThan(1.2);
    }

    @Test
    void oneSlowServerOfTenCostsLittleMoreThanTheBestPossible() {
        Result result =
                busy().between(ofSeconds(5), ofSeconds(35), slow(server(3), 10)).run(ofSeconds(40));
        assertThat(ratioToTheBest(result)).isLessThan(1.5);
        assertThat(result.successRate()).isGreaterThan(0.999);
    }

    @Test
    void oneServerOfTenThatFailsAtOnceCostsLittleMoreThanTheBestPossible() {
        Result result = busy().between(ofSeconds(5), ofSeconds(35), errors(server(3), 1, ofMillis(1)))
                .run(ofSeconds(40));
        assertThat(ratioToTheBest(result)).isLessThan(1.5);
        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.between(ofSeconds(7), ofSeconds(35)).share(3)).isLessThan(0.02);
    }

    @Test
    void oneServerOfTenThatStallsAgainAndAgainCostsLittleMoreThanTheBestPossible() {
        Simulation story = busy();
        for (int second = 5; second < 35; second += 5) {
            story = story.between(ofSeconds(second), ofSeconds(second + 1), stall(server(3)));
        }
        assertThat(ratioToTheBest(story.run(ofSeconds(40)))).isLessThan(1.5);
    }

    @Test
    void callsToABlackHoleStopSoonAndTheOthersGoOn() {
        Simulation story = busy().between(ofSeconds(5), ofSeconds(35), blackHole(server(3)));

        Result result = story.run(ofSeconds(40));
        assertThat(result.between(ofMillis(6_500), ofSeconds(35)).share(3)).isLessThan(0.01);
        assertThat(result.between(ofMillis(6_500), ofSeconds(35)).successRate()).isGreaterThan(0.995);
        assertThat(result.events(Event.Type.PANIC_ENTERED)).isZero();
    }
}
