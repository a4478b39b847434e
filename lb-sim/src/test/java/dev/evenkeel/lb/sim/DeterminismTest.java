package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.coldStart;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.discoveryFails;
import static dev.evenkeel.lb.sim.Fault.discoverySilent;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.flapping;
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
import static dev.evenkeel.lb.sim.Target.servers;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeterminismTest {
    private static final long DIGEST = 1653480934500128841L;
    private static final long ORACLE_DIGEST = -6692002612728090625L;

    @Test
    void theSameSeedGivesTheSameRunOnEveryMachineAndJdk() {
        Result result = everythingGoesWrong(42).run(seconds(30));

        assertThat(result.digest())
                .as("The digest of a run with every fault. It changes with every decision of the core: if they"
                        + " were meant to change, enter the new one; if not, or if it differs between two machines,"
                        + " something is wrong.")
                .isEqualTo(DIGEST);
        assertThat(result.oracle().digest())
                .as("The core has no part in this one.")
                .isEqualTo(ORACLE_DIGEST);
    }

    @Test
    void aDescriptionCanBeRunAgain() {
        Simulation simulation = everythingGoesWrong(7);

        assertThat(simulation.run(seconds(30)).digest())
                .isEqualTo(simulation.run(seconds(30)).digest());
    }

    @Test
    void anotherSeedGivesAnotherRun() {
        assertThat(everythingGoesWrong(1).run(seconds(30)).digest())
                .isNotEqualTo(everythingGoesWrong(2).run(seconds(30)).digest());
    }

    @Test
    void policiesAreComparedOnTheSameArrivalsAndTheSameWork() {
        List<Double> withRoundRobin = sharesInOrderOfArrival(LoadBalancingPolicy.roundRobin());
        List<Double> withRandom = sharesInOrderOfArrival(LoadBalancingPolicy.random());

        assertThat(withRoundRobin).hasSizeGreaterThan(1_000).isEqualTo(withRandom);
    }

    private static List<Double> sharesInOrderOfArrival(LoadBalancingPolicy policy) {
        List<Double> shares = new ArrayList<>();
        ServiceTime recording = share -> {
            shares.add(share);
            return Duration.ofMillis(1).toNanos();
        };
        Result result = Simulation.of(3)
                .servers(5, Servers.workers(10).serviceTime(recording))
                .clients(10, Clients.ratePerSecond(50))
                .loadBalancer(builder -> builder.policy(policy))
                .run(seconds(3));
        assertThat(result.calls()).isEqualTo(shares.size());
        return shares;
    }

    static Simulation everythingGoesWrong(long seed) {
        return Simulation.of(seed)
                .servers(6, Servers.workers(4).zone("a"))
                .servers(
                        4,
                        Servers.workers(2)
                                .zone("b")
                                .serviceTime(ServiceTime.exponential(millis(20)))
                                .noticingCancel())
                .servers(
                        2,
                        Servers.workers(8)
                                .zone("c")
                                .serviceTime(ServiceTime.constant(millis(30)))
                                .weight(2))
                .clients(8, Clients.ratePerSecond(50))
                .clients(
                        2,
                        Clients.ratePerSecond(100)
                                .deadline(millis(300))
                                .nonIdempotentShare(0.4)
                                .connectTimeout(millis(200)))
                .between(seconds(0), seconds(3), absent(server(11)))
                .at(seconds(3), coldStart(server(11), seconds(6)))
                .between(seconds(2), seconds(4), slow(server(0), 10))
                .between(seconds(3), seconds(3.7), stall(servers(1, 2)))
                .between(seconds(4), seconds(6), errors(server(3), 0.5, millis(1)))
                .between(seconds(5), seconds(7), crash(server(4)))
                .between(seconds(6), seconds(8), blackHole(server(5)))
                .between(seconds(7), seconds(9), refuse(server(6)))
                .between(seconds(8), seconds(12), flapping(server(7), seconds(1)))
                .between(seconds(10), seconds(13), zoneLoss("b"))
                .between(seconds(11), seconds(13), overload(3))
                .between(seconds(12), seconds(14), discoveryFails("SERVFAIL"))
                .between(seconds(13), seconds(16), maintenance(server(8)))
                .between(seconds(16), seconds(18), discoverySilent())
                .between(seconds(20), seconds(21), otherService(server(10)))
                .healthChecks(CheckSchedule.DEFAULT)
                .between(seconds(14), seconds(14.5), stall(everyServer()))
                .at(seconds(15), rollingDeploy(seconds(0.5), seconds(0.5)));
    }
}
