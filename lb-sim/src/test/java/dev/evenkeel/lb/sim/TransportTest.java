package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Callers that are connected as gRPC channels are. */
class TransportTest {
    private static final Servers WELL = Servers.workers(2_000).serviceTime(ServiceTime.constant(millis(20)));

    private static Simulation fleet(int servers, int callsPerSecond) {
        return Simulation.of(1)
                .servers(servers, WELL)
                .clients(1, Clients.ratePerSecond(callsPerSecond))
                .networkDelay(millis(1))
                .loadBalancer(Fleets::bare)
                .transport(Transport.GRPC);
    }

    @Test
    void aCallIsSentFiftyMicrosecondsAfterItsPick() {
        Result result = fleet(2, 100).run(seconds(5));

        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.between(seconds(1), seconds(5)).latency().max())
                .isEqualTo(millis(22).plusNanos(50_000));
        assertThat(result.inFlightAtEnd()).isZero();
    }

    @Test
    void aCallWaitsForTheFirstConnection() {
        Result result = fleet(1, 2_000).networkDelay(millis(50)).run(seconds(1));

        assertThat(result.failures()).isEmpty();
        assertThat(result.latency().max()).as("the round trip of connecting").isBetween(millis(200), millis(221));
        assertThat(result.between(seconds(0.5), seconds(1)).latency().max())
                .isEqualTo(millis(120).plusNanos(50_000));
    }

    /** A thousand calls within a tenth of a millisecond, and as many before them within a second. */
    private static double busiestInABurst(Transport transport) {
        Result result = fleet(10, 1_000)
                .transport(transport)
                .loadBalancer(builder -> Fleets.bare(builder)
                        .policy(LoadBalancingPolicy.leastLoaded(LoadMetric.IN_FLIGHT)
                                .all()))
                .between(seconds(2), seconds(2).plusNanos(100_000), Fault.overload(10_000))
                .run(seconds(3));

        assertThat(result.failures()).isEmpty();
        return IntStream.range(0, 10)
                .mapToDouble(result.between(seconds(2), seconds(3))::share)
                .max()
                .orElseThrow();
    }

    @Test
    void theCallsOfABurstDoNotSeeEachOther() {
        assertThat(busiestInABurst(Transport.CONNECT_ON_DEMAND)).isCloseTo(0.1, within(0.01));
        assertThat(busiestInABurst(Transport.GRPC)).isGreaterThan(0.15);
    }

    @Test
    void aCrashIsHeardOnEveryConnectionAndMendedByReconnecting() {
        Result result = fleet(2, 100)
                .between(seconds(2), seconds(4), Fault.crash(server(0)))
                .run(seconds(12));

        assertThat(result.failures()).isEmpty();
        assertThat(result.between(seconds(2.1), seconds(4)).picks(0)).isLessThan(25); // 20 of them are before the crash
        assertThat(result.between(seconds(8), seconds(12)).share(0)).isCloseTo(0.5, within(0.1));
        assertThat(result.attempts(Outcome.Kind.CONNECT_FAILED))
                .as("only calls that were under way when it was not heard yet")
                .isLessThan(3);
    }

    @Test
    void aConnectionThatSwallowsCallsIsGivenUpAfterADeadline() {
        Result result = fleet(2, 100)
                .loadBalancer(builder -> Fleets.bare(builder).policy(LoadBalancingPolicy.roundRobin()))
                .between(seconds(2), seconds(20), Fault.blackHole(server(0)))
                .run(seconds(20));

        assertThat(result.between(seconds(2), seconds(4)).failures()).isPositive();
        assertThat(result.between(seconds(4.1), seconds(20)).failures()).isZero();
    }

    @Test
    void callsFailOnlyOnceConnectingHasFailed() {
        Result result = fleet(2, 100)
                .between(ZERO, seconds(2), Fault.refuse(everyServer()))
                .run(seconds(10));

        assertThat(result.failures()).containsOnlyKeys("no endpoint");
        assertThat(result.between(seconds(5), seconds(10)).failures()).isZero();
    }

    @Test
    void failedCallsAreRepeatedElsewhereAsOftenAsTheBudgetAllows() {
        Result result =
                fleet(2, 100).at(ZERO, Fault.errors(server(0), 0.1, millis(1))).run(seconds(20));
        Result once = fleet(2, 100)
                .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE))
                .at(ZERO, Fault.errors(server(0), 0.1, millis(1)))
                .run(seconds(20));

        assertThat(result.failures()).isEmpty();
        assertThat(result.events(Event.Type.RETRY)).isEqualTo(result.attempts(Outcome.Kind.UNAVAILABLE));
        assertThat(once.failures()).containsOnlyKeys("HTTP 503");
    }

    @Property(tries = 4)
    void everyCallEndsOnceAndNothingLeaks(@ForAll long seed) {
        Result result = DeterminismTest.everythingGoesWrong(seed)
                .transport(Transport.GRPC)
                .run(seconds(30));

        assertThat(result.calls()).isPositive().isEqualTo(result.whole().calls());
        assertThat(result.inFlightAtEnd()).isZero();
        assertThat(result.digest())
                .isEqualTo(DeterminismTest.everythingGoesWrong(seed)
                        .transport(Transport.GRPC)
                        .run(seconds(30))
                        .digest());
    }
}
