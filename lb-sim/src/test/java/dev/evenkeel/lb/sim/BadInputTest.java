package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static dev.evenkeel.lb.sim.Target.server;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is wrong is named, with what is allowed. */
class BadInputTest {
    private static void refuses(ThrowingCallable description, String... words) {
        assertThatThrownBy(description)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void anUnknownServer() {
        Simulation simulation = Fleets.tenServers().at(seconds(1), Fault.crash(server(10)));

        refuses(() -> simulation.run(seconds(5)), "server is 10", "0 to 9");
    }

    @Test
    void anUnknownZone() {
        Simulation simulation = Simulation.of(1)
                .servers(1, Servers.workers(1).zone("a"))
                .clients(1, Clients.ratePerSecond(1))
                .at(seconds(1), Fault.zoneLoss("b"));

        refuses(() -> simulation.run(seconds(5)), "zone is 'b'", "[a]");
    }

    @Test
    void anUnknownRegion() {
        Simulation simulation = Simulation.of(1)
                .servers(1, Servers.workers(1).region("eu"))
                .clients(1, Clients.ratePerSecond(1))
                .at(seconds(1), Fault.crash(Target.region("us")));

        refuses(() -> simulation.run(seconds(5)), "region is 'us'", "[eu]");
    }

    @Test
    void aFaultAfterTheEnd() {
        refuses(
                () -> Fleets.tenServers().at(seconds(6), Fault.crash(server(0))).run(seconds(5)),
                "start of crash (server 0) is 6 s",
                "must not be after the end of the run, 5 s");
        refuses(
                () -> Fleets.tenServers()
                        .between(seconds(4), seconds(6), Fault.stall(server(0)))
                        .run(seconds(5)),
                "end of stall (server 0) is 6 s",
                "5 s");
    }

    @Test
    void aFaultThatEndsBeforeItBegins() {
        refuses(
                () -> Fleets.tenServers().between(seconds(4), seconds(4), Fault.stall(server(0))),
                "end of stall (server 0) is 4 s",
                "must be after its start, 4 s");
        refuses(
                () -> Fleets.tenServers().at(seconds(-1), Fault.stall(server(0))),
                "start of stall (server 0) is -1 s",
                "must not be negative");
    }

    @Test
    void anEndForWhatEndsByItself() {
        refuses(
                () -> Fleets.tenServers().between(seconds(1), seconds(2), Fault.coldStart(server(0))),
                "cold start (server 0)",
                "ends by itself");
    }

    @Test
    void ratesAndTimesThatMakeNoSense() {
        refuses(() -> Clients.ratePerSecond(-5), "ratePerSecond is -5.0", "1.0E-6 to 10000000");
        refuses(() -> Clients.ratePerSecond(Double.NaN), "ratePerSecond is NaN");
        refuses(() -> Clients.ratePerSecond(1).deadline(Duration.ZERO), "deadline is 0 s", "positive");
        refuses(() -> Clients.ratePerSecond(1).nonIdempotentShare(1.5), "nonIdempotentShare is 1.5", "0 to 1");
        refuses(() -> Clients.ratePerSecond(1).keys(-1), "keys is -1", "0 to 1000000");
        refuses(() -> Servers.workers(0), "workers is 0", "1 to 100000");
        refuses(() -> Servers.workers(1).queue(-1), "queue is -1");
        refuses(() -> ServiceTime.constant(Duration.ZERO), "service time is 0 s", "positive");
        refuses(() -> ServiceTime.logNormal(millis(1), -1), "sigma is -1.0", "0 to 4");
        refuses(() -> Fault.slow(server(0), 0.5), "factor is 0.5", "1 to 1000000");
        refuses(() -> Fault.errors(server(0), 2, millis(1)), "probability is 2.0", "0 to 1");
        refuses(() -> Fault.overload(0), "factor is 0.0");
        refuses(() -> Simulation.of(1).servers(0, Servers.workers(1)), "number of servers is 0", "1 to 65535");
        refuses(() -> Simulation.of(1).networkDelay(millis(-1)), "networkDelay is -1 ms");
        refuses(() -> Fleets.tenServers().run(Duration.ZERO), "duration is 0 s", "positive");
    }

    @Test
    void aFleetThatLacksSomebody() {
        refuses(() -> Simulation.of(1).clients(1, Clients.ratePerSecond(1)).run(seconds(1)), "number of servers is 0");
        refuses(() -> Simulation.of(1).servers(1, Servers.workers(1)).run(seconds(1)), "number of clients is 0");
    }

    @Test
    void aTierThatIsNotThereOrHasNoServers() {
        Simulation chain = Simulation.of(1)
                .servers(1, Servers.workers(1))
                .nextTier(seconds(1))
                .servers(1, Servers.workers(1))
                .clients(1, Clients.ratePerSecond(1));

        refuses(() -> chain.run(seconds(5)).whole().attemptsPerCall(2), "tier is 2", "0 to 1");
        refuses(() -> chain.nextTier(Duration.ZERO), "deadline is 0 s", "positive");
        refuses(() -> chain.at(seconds(1), Fault.crash(Target.tier(2))).run(seconds(5)), "tier is 2, must be 0 to 1");
        refuses(() -> chain.nextTier(seconds(1)).run(seconds(5)), "tier 2 has no servers");
    }

    @Test
    void aServiceTimeBelowZero() {
        Simulation simulation = Simulation.of(1)
                .servers(1, Servers.workers(1).serviceTime(share -> -1))
                .clients(1, Clients.ratePerSecond(100));

        refuses(() -> simulation.run(seconds(1)), "service time is -1 ns", "must not be negative");
    }

    @Test
    void aQuestionBeyondTheRun() {
        Result result = Fleets.tenServers().run(seconds(2));

        refuses(() -> result.between(seconds(1), seconds(3)), "to is 3 s", "at most the run's length, 2 s");
        refuses(() -> result.between(seconds(1), seconds(1)), "to is 1 s", "after from, 1 s");
        refuses(() -> result.whole().share(10), "server is 10", "0 to 9");
        refuses(() -> result.latency().percentile(0), "percent is 0.0");
    }
}
