package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.coldStart;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.discoveryFails;
import static dev.evenkeel.lb.sim.Fault.discoverySilent;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.flapping;
import static dev.evenkeel.lb.sim.Fault.halfSpeed;
import static dev.evenkeel.lb.sim.Fault.maintenance;
import static dev.evenkeel.lb.sim.Fault.otherService;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fault.refuse;
import static dev.evenkeel.lb.sim.Fault.rollingDeploy;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Fault.zoneLoss;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each fault does what it says, and nothing more once it is over. */
class FaultTest {
    /** One server that takes 20 ms for everything and is never busy enough to queue. */
    private static Simulation oneServer() {
        return Simulation.of(1)
                .servers(1, Servers.workers(50).serviceTime(ServiceTime.constant(millis(20))))
                .clients(1, Clients.ratePerSecond(100))
                .networkDelay(millis(1))
                .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE));
    }

    private static Simulation twoServers() {
        return Simulation.of(1)
                .servers(2, Servers.workers(50).serviceTime(ServiceTime.constant(millis(20))))
                .clients(1, Clients.ratePerSecond(200))
                .networkDelay(millis(1))
                .loadBalancer(Fleets::bare);
    }

    private static void takes(Period period, long leastMillis, long mostMillis) {
        assertThat(period.latency().mean()).isBetween(millis(leastMillis), millis(mostMillis));
    }

    @Test
    void withoutFaultsACallTakesItsServiceTimeAndTheWayThereAndBack() {
        Result result = oneServer().run(seconds(10));

        assertThat(result.latency().max()).isEqualTo(millis(22));
        assertThat(result.latency().mean()).isEqualTo(millis(22));
        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.attemptsPerCall()).isEqualTo(1);
    }

    @Test
    void slowTakesSoManyTimesAsLongUntilItEnds() {
        Result result = oneServer()
                .between(seconds(2), seconds(4), slow(everyServer(), 5))
                .run(seconds(6));

        takes(result.between(seconds(0), seconds(2)), 22, 22);
        takes(result.between(seconds(2.2), seconds(4)), 102, 102);
        takes(result.between(seconds(4.1), seconds(6)), 22, 22);
    }

    @Test
    void slownessThatOverlapsMultiplies() {
        Result result = oneServer()
                .between(seconds(1), seconds(4), halfSpeed(server(0)))
                .between(seconds(2), seconds(3), halfSpeed(server(0)))
                .run(seconds(5));

        takes(result.between(seconds(1.1), seconds(2)), 42, 42);
        takes(result.between(seconds(2.2), seconds(3)), 82, 82);
        takes(result.between(seconds(3.1), seconds(4)), 42, 42);
    }

    @Test
    void whatIsUnderWayGoesOnAtTheNewSpeedFromWhereItWas() {
        Result result = oneServer()
                .between(millis(1_000), millis(1_500), stall(server(0)))
                .run(seconds(3));

        Period afterwards = result.between(seconds(1.5), seconds(1.6));
        assertThat(result.between(seconds(1.1), seconds(1.5)).calls()).isZero();
        // The oldest were there for 20 ms when the stall began, and the youngest came at its end.
        assertThat(afterwards.latency().max()).isBetween(millis(510), millis(522));
        takes(result.between(seconds(1.6), seconds(3)), 22, 22);
        assertThat(result.successRate()).isEqualTo(1);
    }

    @Test
    void errorsComeAsOftenAndAsFastAsToldWithoutWork() {
        Result result =
                oneServer().at(Duration.ZERO, errors(server(0), 0.3, millis(2))).run(seconds(60));

        assertThat(result.successRate()).isCloseTo(0.7, within(0.03));
        assertThat(result.failures()).containsOnlyKeys("HTTP 503");
        assertThat(result.servers().get(0).received()).isEqualTo(result.calls());
        assertThat(result.latency().percentile(99))
                .as("a failed call counts with its deadline")
                .isEqualTo(seconds(1));
    }

    @Test
    void aServerThatRefusesIsOutUntilAProbeConnects() {
        Result result =
                twoServers().between(seconds(5), seconds(10), refuse(server(1))).run(seconds(30));

        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.timesOut(0)).isZero();
        assertThat(result.timesOut(1)).isPositive();
        assertThat(result.events(Event.Type.AVAILABLE)).isEqualTo(1);
        assertThat(result.servers().get(1).refused()).isBetween(2L, 8L);
        assertThat(result.between(seconds(6), seconds(10)).share(1)).isLessThan(0.02);
        assertThat(result.between(seconds(20), seconds(30)).share(1)).isGreaterThan(0.4);
    }

    @Test
    void aBlackHoleAnswersNothingAndLaterRefusesToConnectInTime() {
        Simulation fleet = Simulation.of(1)
                .servers(2, Servers.workers(50).serviceTime(ServiceTime.constant(millis(20))))
                .clients(1, Clients.ratePerSecond(200).deadline(seconds(2)).connectTimeout(millis(500)))
                .loadBalancer(builder -> Fleets.bare(builder).policy(LoadBalancingPolicy.roundRobin()));

        Result result =
                fleet.between(seconds(5), seconds(15), blackHole(server(1))).run(seconds(40));

        assertThat(result.attempts(Outcome.Kind.TIMED_OUT))
                .as("on connections that worked before")
                .isPositive();
        assertThat(result.attempts(Outcome.Kind.CONNECT_FAILED))
                .as("on new ones")
                .isPositive();
        assertThat(result.failures()).containsOnlyKeys("deadline");
        assertThat(result.servers().get(1).vanished()).isPositive();
        assertThat(result.between(seconds(9), seconds(15)).share(1)).isLessThan(0.02);
        assertThat(result.between(seconds(35), seconds(40)).share(1)).isGreaterThan(0.4);
        assertThat(result.timeToRecover(seconds(5)))
                .hasValueSatisfying(time -> assertThat(time).isBetween(seconds(1), seconds(6)));
    }

    @Test
    void aCrashBreaksWhatIsThereAndRefusesWhatComes() {
        Result result =
                oneServer().between(seconds(1), seconds(2), crash(server(0))).run(seconds(5));

        assertThat(result.failures()).containsKeys("connection broken", "connection refused");
        assertThat(result.servers().get(0).broken())
                .isPositive()
                .isEqualTo(result.failures().get("connection broken"));
        assertThat(result.between(seconds(1.1), seconds(2)).successRate()).isZero();
        assertThat(result.between(seconds(2.1), seconds(5)).successRate()).isEqualTo(1);
    }

    @Test
    void aColdServerBecomesTenTimesFasterWithinItsRamp() {
        Result result =
                oneServer().at(seconds(1), coldStart(server(0), seconds(9))).run(seconds(12));

        assertThat(result.between(seconds(1.2), seconds(1.5)).latency().max()).isGreaterThan(millis(140));
        takes(result.between(seconds(5.4), seconds(5.6)), 35, 45); // half-way: 55 % of the capacity
        takes(result.between(seconds(10.1), seconds(12)), 22, 22);
    }

    @Test
    void anAbsentServerGetsNothingAndItsCallsUnderWayAreFinished() {
        Result result =
                twoServers().between(seconds(2), seconds(4), absent(server(1))).run(seconds(6));

        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.between(seconds(0), seconds(2)).share(1)).isGreaterThan(0.4);
        assertThat(result.between(seconds(2), seconds(4)).picks(1)).isZero();
        assertThat(result.between(seconds(4), seconds(6)).share(1)).isGreaterThan(0.4);
    }

    @Test
    void aServerThatIsAbsentFromTheBeginningJoinsLater() {
        Result result =
                twoServers().between(seconds(0), seconds(2), absent(server(1))).run(seconds(4));

        assertThat(result.between(seconds(0), seconds(2)).picks(1)).isZero();
        assertThat(result.between(seconds(2), seconds(4)).share(1)).isGreaterThan(0.4);
        assertThat(result.events(Event.Type.ADDED)).isEqualTo(2);
    }

    @Test
    void aFlappingServerComesAndGoes() {
        Result result = Fleets.tenServers()
                .between(seconds(2), seconds(6), flapping(server(3), seconds(2)))
                .run(seconds(10));

        assertThat(result.events(Event.Type.REMOVED)).isEqualTo(2 * 4);
        assertThat(result.between(seconds(2), seconds(3)).picks(3)).isZero();
        assertThat(result.between(seconds(3), seconds(4)).picks(3)).isPositive();
        assertThat(result.between(seconds(4), seconds(5)).picks(3)).isZero();
        assertThat(result.between(seconds(5), seconds(10)).picks(3)).isPositive();
        assertThat(result.successRate()).isEqualTo(1);
    }

    @Test
    void discoveryThatLosesMostServersIsNotBelieved() {
        Result result = Fleets.tenServers()
                .between(seconds(2), seconds(6), absent(Target.servers(0, 1, 2, 3, 4, 5, 6)))
                .run(seconds(8));

        assertThat(result.events(Event.Type.LIST_HELD)).isEqualTo(4);
        assertThat(result.events(Event.Type.REMOVED)).isZero();
    }

    @Test
    void aRollingDeployReplacesEachServerInItsTurn() {
        Result result = twoServers()
                .at(seconds(1), rollingDeploy(seconds(1), millis(500)))
                .run(seconds(6));

        assertThat(result.successRate()).isEqualTo(1);
        assertThat(result.servers())
                .allSatisfy(server -> assertThat(server.refused()).isPositive());
        assertThat(result.events(Event.Type.REMOVED)).isEqualTo(2);
        assertThat(result.events(Event.Type.ADDED)).isEqualTo(4);
        assertThat(result.servers())
                .allSatisfy(server -> assertThat(server.broken()).isZero());
    }

    @Test
    void aLostZoneIsMissedUntilItsServersAnswerAgain() {
        Result result = Simulation.of(1)
                .servers(4, Servers.workers(50).zone("a"))
                .servers(2, Servers.workers(50).zone("b"))
                .clients(2, Clients.ratePerSecond(200))
                .loadBalancer(Fleets::bare)
                .between(seconds(2), seconds(5), zoneLoss("b"))
                .run(seconds(40));

        Period lost = result.between(seconds(4), seconds(5));
        Period back = result.between(seconds(35), seconds(40));
        // When both that are drawn are lost, one of them is taken: 1 in 15.
        assertThat(lost.share(4) + lost.share(5)).isLessThan(0.1);
        assertThat(back.share(4) + back.share(5)).isGreaterThan(0.25);
    }

    @Test
    void overloadMultipliesTheArrivals() {
        Result result =
                oneServer().between(seconds(10), seconds(20), overload(3)).run(seconds(30));

        double normal = result.between(seconds(0), seconds(10)).calls();
        assertThat(result.between(seconds(10), seconds(20)).calls() / normal).isCloseTo(3, within(0.2));
        assertThat(result.between(seconds(20), seconds(30)).calls() / normal).isCloseTo(1, within(0.1));
    }

    @Test
    void aFullQueueAnswersAtOnceAndAWaitingRequestWithoutCallerIsDroppedOnlyIfNoticed() {
        Servers slow = Servers.workers(1).queue(20).serviceTime(ServiceTime.constant(millis(100)));
        List<ServerCounts> counts = new ArrayList<>();
        for (Servers servers : List.of(slow, slow.noticingCancel())) {
            Result result = Simulation.of(1)
                    .servers(1, servers)
                    .clients(1, Clients.ratePerSecond(30))
                    .loadBalancer(builder -> Fleets.bare(builder).retry(RetryPolicy.NONE))
                    .run(seconds(20));
            assertThat(result.failures()).containsKeys("HTTP 503, queue full", "deadline");
            counts.add(result.servers().get(0));
        }

        assertThat(counts.get(0).dropped()).isZero();
        assertThat(counts.get(1).dropped()).isPositive();
    }

    @Test
    void anotherServiceAtTheAddressAnswersAtOnceAndCallersFail() {
        Result result = oneServer()
                .between(seconds(2), seconds(4), otherService(server(0)))
                .run(seconds(10));

        assertThat(result.failures()).containsOnlyKeys("HTTP 404, another service");
        assertThat(result.between(seconds(2.1), seconds(4)).successRate()).isZero();
        assertThat(result.between(seconds(4.1), seconds(10)).failures()).isZero();
        assertThat(result.timesOut(0)).isZero();
    }

    @Test
    void maintenanceIsNoticedByHealthChecksOnly() {
        Simulation simulation = twoServers().between(seconds(2), seconds(6), maintenance(server(0)));
        Result unchecked = simulation.run(seconds(10));
        Result checked = simulation
                .healthChecks(new CheckSchedule(millis(200), millis(100), 3, 2, 32))
                .run(seconds(10));

        assertThat(unchecked.between(seconds(3), seconds(6)).share(0)).isCloseTo(0.5, within(0.05));
        assertThat(checked.between(seconds(3), seconds(6)).picks(0)).isZero();
        assertThat(checked.between(seconds(8), seconds(10)).share(0)).isCloseTo(0.5, within(0.05));
        assertThat(checked.failures()).isEmpty();
    }

    @Test
    void healthChecksFindOutWhoIsCutOffOrStallsOrRefuses() {
        for (Fault fault : new Fault[] {blackHole(server(0)), stall(server(0)), refuse(server(0))}) {
            Result result = twoServers()
                    .between(seconds(2), seconds(6), fault)
                    .healthChecks(new CheckSchedule(millis(200), millis(100), 3, 2, 32))
                    .run(seconds(10));

            assertThat(result.timesOut(0)).as("with %s", fault).isPositive();
            assertThat(result.between(seconds(3), seconds(6)).picks(0)).isZero();
            assertThat(result.between(seconds(8), seconds(10)).share(0)).isCloseTo(0.5, within(0.1));
        }
    }

    @Test
    void aSilentDiscoveryTellsWhatChangedWhenItIsOver() {
        Result result = twoServers()
                .between(seconds(2), seconds(6), discoverySilent())
                .at(seconds(3), absent(server(0)))
                .run(seconds(10));

        assertThat(result.between(seconds(3), seconds(6)).share(0)).isCloseTo(0.5, within(0.05));
        assertThat(result.between(seconds(6), seconds(10)).picks(0)).isZero();
        assertThat(result.events(Event.Type.STALE)).isZero();
    }

    @Test
    void aFailingDiscoverySaysSoAndTellsWhatChangedWhenItIsOver() {
        Result result = twoServers()
                .between(ZERO, seconds(3), discoveryFails("SERVFAIL"))
                .between(seconds(4), seconds(6), discoveryFails("SERVFAIL"))
                .at(seconds(5), absent(server(0)))
                .run(seconds(10));

        assertThat(result.failures()).as("before the first list").containsOnlyKeys("no endpoint");
        assertThat(result.between(seconds(3.1), seconds(10)).failures()).isZero();
        assertThat(result.between(seconds(6), seconds(10)).picks(0)).isZero();
        assertThat(result.events(Event.Type.STALE)).isEqualTo(1);
    }
}
