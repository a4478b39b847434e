package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.discoveryFails;
import static dev.evenkeel.lb.sim.Fault.discoverySilent;
import static dev.evenkeel.lb.sim.Fault.maintenance;
import static dev.evenkeel.lb.sim.Fault.otherService;
import static dev.evenkeel.lb.sim.Fault.refuse;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.servers;
import static java.time.Duration.ZERO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.Environment;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Stories of discovery that errs, lies or dies, and of servers that it lists and that must not be used. */
class DiscoveryStoriesTest {
    private static final int CLIENTS = 10;

    /** Servers with some room, whose answers take about 20 ms. */
    private static Simulation roomy(int servers, int ratePerSecond) {
        return Simulation.of(6)
                .servers(servers, Servers.workers(16).serviceTime(ServiceTime.logNormal(millis(20), 0.4)))
                .clients(CLIENTS, Clients.ratePerSecond(ratePerSecond / (double) CLIENTS));
    }

    @Test
    void serversOfWeightZeroGetNothing() {
        Result result = roomy(3, 300).servers(1, Servers.workers(16).weight(0)).run(seconds(20));

        assertThat(result.failures()).isEmpty();
        assertThat(result.between(seconds(0), seconds(20)).picks(3)).isZero();
        assertThat(result.between(seconds(0), seconds(20)).picks(0)).isPositive();
    }

    /** What DNS says of a zone that was emptied is a failure; two of the servers die while nobody says so. */
    @Test
    void s6WhileLookUpsFailTheLastListServesAndTheDeadLeaveByThemselves() {
        Simulation story = roomy(6, 300)
                .between(seconds(20), seconds(80), discoveryFails("SERVFAIL"))
                .at(seconds(30), crash(servers(1, 2)));

        Result result = story.run(seconds(120));
        assertThat(result.failures()).isEmpty();
        assertThat(result.events(Event.Type.STALE)).as("once a client").isEqualTo(CLIENTS);
        assertThat(result.events(Event.Type.FRESH)).isEqualTo(CLIENTS);
        // After the first refusals only probes go there, 1, 2, 4, 8, 16 and 30 s apart.
        assertThat(result.between(seconds(32), seconds(120)).picks(1)).isLessThan(9 * CLIENTS);

        Result unprotected = story.discovery(FailureIsEmpty::new).run(seconds(120));
        assertThat(unprotected.events(Event.Type.STALE)).isZero();
        assertThat(unprotected.between(seconds(50.1), seconds(80)).successRate())
                .as("after the half minute for which an empty list is held")
                .isZero();
    }

    /** The source that tells of a failing look-up as if it had found nobody. */
    private record FailureIsEmpty(EndpointSource lookUps) implements EndpointSource {
        @Override
        public Subscription subscribe(Listener listener, Environment environment) {
            return lookUps.subscribe(
                    new Listener() {
                        @Override
                        public void onEndpoints(List<Endpoint> endpoints) {
                            listener.onEndpoints(endpoints);
                        }

                        @Override
                        public void onFailure(String reason) {
                            listener.onEndpoints(List.of());
                        }
                    },
                    environment);
        }
    }

    @Test
    void s6AnEmptyListIsHeldForHalfAMinuteAndThenObeyed() {
        Simulation story = roomy(6, 300).between(seconds(20), seconds(80), absent(everyServer()));

        Result result = story.run(seconds(100));
        assertThat(result.events(Event.Type.LIST_HELD)).isEqualTo(CLIENTS);
        assertThat(result.between(ZERO, seconds(50)).failures()).isZero();
        assertThat(result.between(seconds(50.1), seconds(80)).successRate()).isZero();
        assertThat(result.failures()).containsOnlyKeys("no endpoint");
        assertThat(result.between(seconds(80.1), seconds(100)).failures()).isZero();

        Result unprotected =
                story.loadBalancer(builder -> builder.listHold(ZERO)).run(seconds(100));
        assertThat(unprotected.between(seconds(20.1), seconds(50)).successRate())
                .isZero();
    }

    @Test
    void s6AListThatLostHalfIsUsedAndOneThatLostMoreIsNotBelievedAtOnce() {
        Result half = roomy(6, 300)
                .between(seconds(20), seconds(40), absent(servers(0, 1, 2)))
                .run(seconds(60));
        assertThat(half.failures()).isEmpty();
        assertThat(half.between(seconds(21), seconds(40)).picks(0)).isZero();
        assertThat(half.events(Event.Type.LIST_HELD)).isZero();

        Simulation mistake = roomy(6, 300).between(seconds(20), seconds(29), absent(servers(0, 1, 2, 3)));
        Result more = mistake.run(seconds(60));
        assertThat(more.failures()).isEmpty();
        assertThat(more.events(Event.Type.LIST_HELD)).isEqualTo(CLIENTS);
        assertThat(more.events(Event.Type.REMOVED)).isZero();
        assertThat(more.between(seconds(21), seconds(29)).share(0)).isGreaterThan(0.5 / 6);

        Result unprotected =
                mistake.loadBalancer(builder -> builder.listHold(ZERO)).run(seconds(60));
        assertThat(unprotected.between(seconds(21), seconds(29)).picks(0)).isZero();
    }

    /**
     * Server 2 stalls shortly before it is removed, so requests are in flight there; later another service gets its address. Server 3
     * refuses connections when it is removed, so a probe is due; server 4 is cut off, so requests hang there until they are given up.
     */
    @Test
    void s7AnAddressThatWasRemovedGetsNothingAnyMore() {
        Simulation story = roomy(8, 300)
                .between(seconds(19.9), seconds(20.3), stall(server(2)))
                .at(seconds(21), otherService(server(2)))
                .between(seconds(19), seconds(25), refuse(server(3)))
                .at(seconds(25), otherService(server(3)))
                .between(seconds(19.5), seconds(25), blackHole(server(4)))
                .at(seconds(25), otherService(server(4)));

        Result result = story.at(seconds(20), absent(servers(2, 3, 4))).run(seconds(60));
        for (int removed = 2; removed <= 4; removed++) {
            assertThat(result.between(seconds(20), seconds(60)).picks(removed))
                    .as("picks of server %d", removed)
                    .isZero();
        }
        assertThat(result.failures().keySet())
                .as("of calls into the black hole")
                .isSubsetOf("deadline");
        assertThat(result.between(seconds(21.2), seconds(60)).failures()).isZero();
        assertThat(result.inFlightAtEnd()).isZero();
    }

    /** To a load balancer a 404 is an answer, and a fast one: nothing but removal protects from it, but it must not attract more than its share. */
    @Test
    void s7AnAddressThatIsNotRemovedGetsNoMoreThanItsShare() {
        Result result = roomy(8, 300).at(seconds(21), otherService(server(2))).run(seconds(60));

        assertThat(result.between(seconds(30), seconds(60)).share(2)).isLessThan(1.05 / 8);
        assertThat(result.failures()).containsOnlyKeys("HTTP 404, another service");
    }

    /** Nobody hears of the servers that come, go and die; those that are there are used, and when the silence ends all is told. */
    @Test
    void s15WhileDiscoveryIsSilentCallsGoOnAndAfterwardsTheListIsTakenUpAtOnce() {
        Result result = s15Silence()
                .between(seconds(20), seconds(60), discoverySilent())
                .run(seconds(90));

        assertThat(result.failures()).isEmpty();
        assertThat(result.between(seconds(30), seconds(60)).picks(4)).isZero();
        assertThat(result.between(seconds(60), seconds(90)).picks(0)).isZero();
        assertThat(result.between(seconds(60), seconds(61)).picks(4)).isPositive();
        assertThat(result.between(seconds(41), seconds(60)).share(0)).isLessThan(0.01);

        Result neverAskedAgain = s15Silence().at(seconds(20), discoverySilent()).run(seconds(90));
        assertThat(neverAskedAgain.between(seconds(60), seconds(90)).picks(4)).isZero();
    }

    private static Simulation s15Silence() {
        return roomy(6, 300)
                .between(ZERO, seconds(30), absent(servers(4, 5)))
                .at(seconds(40), crash(server(0)))
                .at(seconds(45), absent(server(0)));
    }

    /** When discovery works again, three servers have joined, and soon those die, one after another, that were there before. */
    @Test
    void s15ADiscoveryThatFailsForAnHourIsReportedOnceAndAskedAgainAndAgain() {
        Simulation story = roomy(6, 20)
                .between(ZERO, seconds(30), absent(servers(3, 4, 5)))
                .between(seconds(20), seconds(3620), discoveryFails("410 Gone"))
                .at(seconds(3640), crash(server(0)))
                .at(seconds(3650), crash(server(1)))
                .at(seconds(3660), crash(server(2)));

        Result result = story.run(seconds(3700));
        assertThat(result.failures()).isEmpty();
        assertThat(result.events(Event.Type.STALE)).isEqualTo(CLIENTS);
        assertThat(result.events(Event.Type.FRESH)).isEqualTo(CLIENTS);

        Result unprotected = story.discovery(DiesOfAFailure::new).run(seconds(3700));
        assertThat(unprotected.events(Event.Type.STALE)).as("it died silently").isZero();
        assertThat(unprotected.between(seconds(3660), seconds(3700)).successRate())
                .isZero();
    }

    /** The source whose refresh loop is ended by the first failure, as a task at a fixed rate is by what it throws. */
    private record DiesOfAFailure(EndpointSource lookUps) implements EndpointSource {
        @Override
        public Subscription subscribe(Listener listener, Environment environment) {
            AtomicBoolean dead = new AtomicBoolean();
            return lookUps.subscribe(
                    new Listener() {
                        @Override
                        public void onEndpoints(List<Endpoint> endpoints) {
                            if (!dead.get()) {
                                listener.onEndpoints(endpoints);
                            }
                        }

                        @Override
                        public void onFailure(String reason) {
                            dead.set(true);
                        }
                    },
                    environment);
        }
    }

    /** Two of four servers are in maintenance, and eight join that nobody has checked yet. */
    @Test
    void s8NewcomersThatAreNotCheckedYetCauseNoPanicAndServersInMaintenanceGetNothing() {
        CheckSchedule everySecond = new CheckSchedule(seconds(1), millis(500), 3, 2, 32);
        Simulation story = roomy(12, 200)
                .at(ZERO, maintenance(servers(2, 3)))
                .between(ZERO, seconds(30), absent(servers(4, 5, 6, 7, 8, 9, 10, 11)));

        Result unprotected = story.run(seconds(60));
        assertThat(unprotected.between(seconds(10), seconds(60)).share(2)).isGreaterThan(0.05);

        Result result = story.healthChecks(everySecond).run(seconds(60));
        assertThat(result.failures()).isEmpty();
        assertThat(result.events(Event.Type.PANIC_ENTERED)).isZero();
        for (int inMaintenance = 2; inMaintenance <= 3; inMaintenance++) {
            assertThat(result.between(seconds(10), seconds(60)).picks(inMaintenance))
                    .isZero();
        }
        for (int newcomer = 4; newcomer < 12; newcomer++) {
            assertThat(result.between(seconds(30), seconds(31)).picks(newcomer))
                    .as("newcomer %d before its first check", newcomer)
                    .isPositive();
        }

        Result unknownIsUnhealthy = story.between(
                        seconds(30), seconds(50), maintenance(servers(4, 5, 6, 7, 8, 9, 10, 11)))
                .run(seconds(60));
        assertThat(unknownIsUnhealthy.events(Event.Type.PANIC_ENTERED)).isPositive();
        assertThat(unknownIsUnhealthy.between(seconds(35), seconds(50)).picks(2))
                .isPositive();
        assertThat(unknownIsUnhealthy.events(Event.Type.PANIC_LEFT))
                .isEqualTo(unknownIsUnhealthy.events(Event.Type.PANIC_ENTERED));
    }
}
