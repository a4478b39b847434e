package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Stories of what hedging and attempt timeouts are for, and of what they must not do. A call takes as long on every server of the simulator as
 * on any other, so that hedging gains nothing where servers are well; what it gains comes from servers that are not.
 */
class HedgingStoriesTest {
    private static final Hedging HEDGING = Hedging.DEFAULT;
    private static final Duration TIMEOUT = ofMillis(300);

    /** Ten servers of four workers at 60 % of their capacity, called so seldom by each client that each must find out by itself. */
    private static Simulation manySmallClients() {
        return clients(200);
    }

    private static Simulation fewClients() {
        return clients(20);
    }

    private static Simulation clients(int clients) {
        return Simulation.of(1)
                .servers(10, Servers.workers(4).queue(100).serviceTime(ServiceTime.logNormal(ofMillis(25), 0.5)))
                .clients(clients, Clients.ratePerSecond(840.0 / clients).deadline(ofSeconds(1)));
    }

    private static Duration p(double percent, Result result) {
        return result.latency().percentile(percent);
    }

    @Test
    void s3AnAttemptTimeoutSparesEachClientTheCallItTakesToFindABlackHole() {
        Simulation story = manySmallClients().between(ofSeconds(10), ofSeconds(30), blackHole(server(3)));

        Result result =
                story.loadBalancer(builder -> builder.attemptTimeout(TIMEOUT)).run(ofSeconds(40));
        assertThat(result.successRate()).isGreaterThan(0.9999);
        assertThat(p(99.9, result)).isLessThan(TIMEOUT.plusMillis(100));
        assertThat(result.attemptsPerCall()).isLessThan(1.01);

        Result unprotected = story.loadBalancer(builder -> builder).run(ofSeconds(40));
        assertThat(unprotected.successRate()).isLessThan(0.995);
        assertThat(p(99.9, unprotected)).isEqualTo(ofSeconds(1));
    }

    @Test
    void anAttemptTimeoutSparesEachClientTheCallItTakesToFindASlowServer() {
        Simulation story = manySmallClients().at(ofSeconds(10), slow(server(3), 10));

        Result result =
                story.loadBalancer(builder -> builder.attemptTimeout(TIMEOUT)).run(ofSeconds(40));
        assertThat(result.successRate()).isGreaterThan(0.9999);
        assertThat(p(99.9, result)).isLessThan(TIMEOUT.plusMillis(100));

        Result unprotected = story.loadBalancer(builder -> builder).run(ofSeconds(40));
        assertThat(unprotected.successRate()).isLessThan(0.996);
        assertThat(p(99.9, unprotected)).isEqualTo(ofSeconds(1));
    }

    @Test
    void hedgingHidesAServerThatStopsNowAndThen() {
        Simulation story = fewClients();
        for (int second = 5; second < 40; second += 5) {
            story = story.between(ofSeconds(second), ofSeconds(second + 1), stall(server(3)));
        }

        Result result = story.loadBalancer(builder -> builder.hedging(HEDGING)).run(ofSeconds(40));
        assertThat(result.successRate()).isEqualTo(1);
        assertThat(p(99.9, result)).isLessThan(ofMillis(140));
        assertThat(result.attemptsPerCall()).isLessThan(1.06);

        Result unprotected = story.loadBalancer(builder -> builder).run(ofSeconds(40));
        assertThat(unprotected.successRate()).isLessThan(1);
        assertThat(p(99.9, unprotected)).isGreaterThan(ofMillis(140));
    }

    @Test
    void aServerWhoseAttemptsAlwaysLoseIsAvoidedThoughNobodySeesThemFail() {
        Result result = fewClients()
                .loadBalancer(builder -> builder.hedging(HEDGING))
                .at(ofSeconds(10), blackHole(server(3)))
                .run(ofSeconds(40));

        assertThat(result.between(ofSeconds(12), ofSeconds(40)).share(3)).isLessThan(0.01);
        assertThat(result.successRate()).isGreaterThan(0.9999);
    }

    /** At 90 % of their capacity, every request more makes all of them wait. */
    @Test
    void nothingIsHedgedWhileAllServersAreSlow() {
        Simulation story = fewClients().at(ofSeconds(20), slow(everyServer(), 1.5));

        Result result = story.loadBalancer(builder -> builder.hedging(HEDGING).attemptTimeout(TIMEOUT))
                .run(ofSeconds(40));
        Result plain = story.loadBalancer(builder -> builder).run(ofSeconds(40));

        assertThat(plain.successRate()).isEqualTo(1);
        assertThat(result.successRate()).isEqualTo(1);
        assertThat(p(99, result)).isLessThan(p(99, plain).multipliedBy(5).dividedBy(4));

        Result hedgedWhileSlow = story.loadBalancer(
                        builder -> builder.hedging(HEDGING).hedgeWhileSlow(true))
                .run(ofSeconds(40));
        assertThat(p(99, hedgedWhileSlow)).isGreaterThan(p(99, plain).multipliedBy(2));

        Result unprotected = story.loadBalancer(builder ->
                        builder.hedging(HEDGING).attemptTimeout(TIMEOUT).hedgeWhileSlow(true))
                .run(ofSeconds(40));
        assertThat(unprotected.successRate()).isLessThan(0.95);
    }

    @Test
    void s16AttemptTimeoutsAndHedgesDoNotFeedAnOverload() {
        Simulation story = fewClients().between(ofSeconds(20), ofSeconds(30), overload(2.5));

        Result result = story.loadBalancer(builder -> builder.hedging(HEDGING).attemptTimeout(TIMEOUT))
                .run(ofSeconds(40));
        // The bound answers the shortest calls, and no load balancer knows which those are.
        assertThat(result.successRate() / result.oracle().successRate()).isGreaterThan(0.92);
        assertThat(result.attemptsPerCall()).isLessThan(1.2);
        assertThat(result.between(ofSeconds(32), ofSeconds(40)).successRate()).isEqualTo(1);
        assertThat(result.inFlightAtEnd()).isZero();

        Result unprotected = story.loadBalancer(builder -> builder.hedging(HEDGING)
                        .attemptTimeout(TIMEOUT)
                        .retryBudget(new RetryBudget.Settings(1, 1_000_000, ofSeconds(10))))
                .run(ofSeconds(40));
        assertThat(unprotected.attemptsPerCall()).isGreaterThan(1.2);
    }
}
