package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.policy.LoadBalancingPolicy.leastLoaded;
import static dev.evenkeel.lb.policy.LoadBalancingPolicy.ringHash;
import static dev.evenkeel.lb.policy.LoadBalancingPolicy.roundRobin;
import static dev.evenkeel.lb.policy.LoadMetric.IN_FLIGHT;
import static dev.evenkeel.lb.policy.LoadMetric.PEAK_EWMA;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.ServiceTime.constant;
import static dev.evenkeel.lb.sim.ServiceTime.logNormal;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.tier;
import static dev.evenkeel.lb.sim.Target.zone;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What docs/simulator.md shows and says. */
class SimulatorPageTest {
    @Test
    void theExampleHoldsWhatItPromises() {
        // The example begins here.
        Result result = Simulation.of(42)
                .servers(10, Servers.workers(4).queue(100).serviceTime(logNormal(ofMillis(25), 0.5)))
                .clients(20, Clients.ratePerSecond(42).deadline(ofSeconds(1)))
                .loadBalancer(builder -> builder.policy(leastLoaded(PEAK_EWMA)))
                .between(ofSeconds(5), ofSeconds(15), slow(server(3), 10))
                .run(ofSeconds(30));

        System.out.println(result);
        System.out.println("at best: " + result.oracle());

        assertThat(result.successRate()).isGreaterThan(0.999);
        assertThat(result.latency().percentile(99)).isLessThan(ofMillis(100));
        assertThat(result.between(ofSeconds(7), ofSeconds(15)).share(3)).isLessThan(0.02);
        assertThat(result.timeToRecover(ofSeconds(5)).orElseThrow()).isLessThan(ofSeconds(1));
        // The example ends here.
    }

    @Test
    void withRoundRobinCallsFailUntilTheSlowServerIsFound() {
        Result result = Simulation.of(42)
                .servers(10, Servers.workers(4).queue(100).serviceTime(logNormal(ofMillis(25), 0.5)))
                .clients(20, Clients.ratePerSecond(42).deadline(ofSeconds(1)))
                .loadBalancer(builder -> builder.policy(roundRobin()))
                .between(ofSeconds(5), ofSeconds(15), slow(server(3), 10))
                .run(ofSeconds(30));

        assertThat(result.successRate()).isLessThan(0.999);
        assertThat(result.timeToRecover(ofSeconds(5)).orElseThrow()).isGreaterThan(ofSeconds(1));
    }

    @Test
    void theChainHoldsWhatItPromises() {
        // The chain begins here.
        Result result = Simulation.of(1)
                .clients(10, Clients.ratePerSecond(7).deadline(ofSeconds(1)))
                .servers(4, Servers.workers(100).serviceTime(constant(ofMillis(5))))
                .nextTier(ofMillis(700))
                .servers(4, Servers.workers(100).serviceTime(constant(ofMillis(5))))
                .nextTier(ofMillis(400))
                .servers(1, Servers.workers(10).queue(80).serviceTime(constant(ofMillis(100))))
                .between(ofSeconds(20), ofSeconds(28), slow(tier(2), 10))
                .run(ofSeconds(60));

        assertThat(result.whole().attemptsPerCall(2)).isLessThan(1.2);
        assertThat(result.timeToRecover(ofSeconds(28)).orElseThrow()).isLessThan(ofSeconds(5));
        // The chain ends here.
    }

    @Test
    void theZonesHoldWhatTheyPromise() {
        // The zones begin here.
        Servers server = Servers.workers(8).serviceTime(logNormal(ofMillis(20), 0.4));
        Result result = Simulation.of(13)
                .servers(6, server.zone("a"))
                .servers(2, server.zone("b"))
                .servers(1, server.zone("c"))
                .servers(3, server.zone("d").priority(1))
                .clients(10, Clients.ratePerSecond(120).deadline(ofSeconds(1)).zone("c"))
                .between(ofSeconds(10), ofSeconds(20), crash(zone("c")))
                .between(ofSeconds(30), ofSeconds(40), crash(zone("a")))
                .run(ofSeconds(40));

        assertThat(result.between(ZERO, ofSeconds(10)).share(8)).isBetween(1.2 / 9, 1.35 / 9); // maxLoad is 1.3
        assertThat(result.between(ofSeconds(11), ofSeconds(20)).share(8)).isLessThan(0.005);
        assertThat(result.between(ofSeconds(11), ofSeconds(20)).share(9)).isZero(); // eight of nine are enough
        assertThat(result.between(ofSeconds(31), ofSeconds(40)).share(9)).isGreaterThan(0.1); // three of nine are not
        assertThat(result.successRate()).isGreaterThan(0.999);
        // The zones end here.
    }

    @Test
    void theKeysHoldWhatTheyPromise() {
        // The keys begin here.
        Result result = Simulation.of(1)
                .servers(10, Servers.workers(8).serviceTime(logNormal(ofMillis(20), 0.4)))
                .clients(10, Clients.ratePerSecond(60).keys(1_000))
                .loadBalancer(builder -> builder.policy(ringHash()))
                .between(ofSeconds(10), ofSeconds(20), crash(server(3)))
                .run(ofSeconds(20));

        assertThat(result.between(ZERO, ofSeconds(10)).movedShare()).isZero();
        assertThat(result.between(ofSeconds(10), ofSeconds(20)).movedShare()).isLessThan(0.05);
        // The keys end here.
    }

    @Test
    void theBurstIsAsUnevenAsThePageSays() {
        // The burst begins here.
        Result result = Simulation.of(1)
                .servers(10, Servers.workers(1_000).serviceTime(constant(ofMillis(20))))
                .clients(1, Clients.ratePerSecond(1_000))
                .loadBalancer(builder -> builder.policy(leastLoaded(IN_FLIGHT).all()))
                .transport(Transport.GRPC)
                .between(ofSeconds(2), ofSeconds(2).plusNanos(100_000), overload(10_000))
                .run(ofSeconds(3));

        Period burst = result.between(ofSeconds(2), ofSeconds(3));
        assertThat(IntStream.range(0, 10).mapToDouble(burst::share).max().orElseThrow())
                .isGreaterThan(0.15);
        // The burst ends here.
    }

    @Test
    void thePageShowsTheExamplesAsTheyAreRun() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/simulator.md"));

        assertThat(page).containsSequence(source("example"));
        assertThat(page).containsSequence(source("chain"));
        assertThat(page).containsSequence(source("zones"));
        assertThat(page).containsSequence(source("keys"));
        assertThat(page).containsSequence(source("burst"));
    }

    private static List<String> source(String name) throws IOException {
        List<String> source = Files.readAllLines(Path.of("src/test/java/dev/evenkeel/lb/sim/SimulatorPageTest.java"));
        int begin = line(source, name, "begin");
        int end = line(source, name, "end");
        return source.subList(begin + 1, end).stream()
                .map(line -> line.isEmpty() ? "" : line.substring(8))
                .toList();
    }

    private static int line(List<String> source, String name, String what) {
        return source.indexOf(
                "        // The " + name + (name.endsWith("s") ? " " + what : " " + what + "s") + " here.");
    }
}
