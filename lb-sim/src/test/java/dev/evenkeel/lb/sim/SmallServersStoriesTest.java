package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.policy.LoadBalancingPolicy.leastLoaded;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadMetric;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Where timeouts are bad luck, as calls wait behind others, and where they are not. There is no switch to show the first without: when each
 * timeout cost as much as any failure, the figures were those that the tests name.
 */
class SmallServersStoriesTest {
    private static final int SEEDS = 10;

    /** Ten servers of one worker each, 100 ms of work a call, and a deadline that three calls ahead in the queue use up. */
    private static Simulation oneWorkerEach(long seed, int clients, double load) {
        return Simulation.of(seed)
                .servers(10, Servers.workers(1).serviceTime(ServiceTime.constant(millis(100))))
                .clients(clients, Clients.ratePerSecond(load * 100 / clients).deadline(millis(400)));
    }

    private static double meanSuccessRate(LongFunction<Simulation> story) {
        double sum = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            sum += story.apply(seed).run(seconds(60)).successRate();
        }
        return sum / SEEDS;
    }

    /** With ten seeds each it was 0.886 on average with one client, and 0.939 with five. */
    @ParameterizedTest
    @CsvSource({"1, 0.8, 0.998", "5, 0.7, 0.975"})
    void aServerOfOneWorkerIsNotJudgedByItsLuck(int clients, double load, double mark) {
        assertThat(meanSuccessRate(seed -> oneWorkerEach(seed, clients, load))).isGreaterThan(mark);
    }

    @Test
    void latencyIsThereNearlyAsGoodAGuideAsTheNumberInFlight() {
        double byLatency = meanSuccessRate(seed -> oneWorkerEach(seed, 5, 0.7));
        double inFlight = meanSuccessRate(seed ->
                oneWorkerEach(seed, 5, 0.7).loadBalancer(builder -> builder.policy(leastLoaded(LoadMetric.IN_FLIGHT))));

        assertThat(byLatency).isGreaterThan(inFlight - 0.02);
    }

    /** Each client has four calls a second, so it must find out with a call or two. It was 0.995 too. */
    @Test
    void aBlackHoleIsStillFoundOutByClientsOfFewCallsWithAShortDeadline() {
        Simulation story = Simulation.of(1)
                .servers(10, Servers.workers(4))
                .clients(200, Clients.ratePerSecond(4.2).deadline(millis(200)))
                .between(seconds(5), seconds(35), blackHole(server(3)));

        assertThat(story.run(seconds(40)).between(seconds(8), seconds(35)).successRate())
                .isGreaterThan(0.994);
    }

    /**
     * A client that gets no CPU sees every call time out, wherever it was sent. The servers drop what nobody waits for, so afterwards nothing
     * is wrong but the client's memory.
     */
    @ParameterizedTest
    @CsvSource({"1, 0.15", "1, 0.6", "10, 0.15", "10, 0.6"})
    void s8WhereEveryCallOfTwoSecondsTimedOutAllIsWellASecondLater(int clients, double load) {
        for (long seed = 1; seed <= 2 * SEEDS; seed++) {
            Result result = Simulation.of(seed)
                    .servers(
                            5,
                            Servers.workers(4)
                                    .queue(10_000)
                                    .serviceTime(ServiceTime.constant(millis(5)))
                                    .noticingCancel())
                    .clients(clients, Clients.ratePerSecond(load * 4_000 / clients))
                    .between(seconds(2), seconds(4), stall(everyServer()))
                    .run(seconds(9));

            assertThat(result.between(seconds(3), seconds(4)).successRate()).isLessThan(0.01);
            assertThat(result.between(seconds(5), seconds(9)).successRate()).isGreaterThan(0.999);
        }
    }
}
