package dev.evenkeel.lb.sim;

import static dev.evenkeel.lb.policy.LoadBalancingPolicy.leastLoaded;
import static dev.evenkeel.lb.policy.LoadBalancingPolicy.random;
import static dev.evenkeel.lb.policy.LoadBalancingPolicy.ringHash;
import static dev.evenkeel.lb.policy.LoadBalancingPolicy.roundRobin;
import static dev.evenkeel.lb.sim.Fleets.millis;
import static dev.evenkeel.lb.sim.Fleets.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Nothing beats the oracle: random fleets, faults, loads and policies. */
class OracleBoundTest {
    private static final int RUN_SECONDS = 6;

    @Property(tries = 150)
    void noPolicyIsBetterThanTheOracle(@ForAll long seed) {
        Random random = new Random(seed);
        int servers = 2 + random.nextInt(5);
        boolean chain = random.nextInt(4) == 0;
        Simulation simulation = Simulation.of(seed).networkDelay(Duration.ofNanos(random.nextInt(1_000_000)));
        for (int i = 0; i < servers; i++) {
            simulation.servers(1, server(random));
        }
        if (chain) {
            simulation.nextTier(millis(200 + random.nextInt(600))).servers(2, server(random));
        }
        for (int group = random.nextInt(2); group >= 0; group--) {
            simulation.clients(1 + random.nextInt(3), clients(random));
        }
        List<String> faults = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            addFault(simulation, random, servers + (chain ? 2 : 0), faults);
        }
        LoadBalancingPolicy policy = policy(random);
        boolean retries = random.nextInt(3) > 0;
        boolean hedges = retries && random.nextBoolean();
        boolean bare = random.nextBoolean();
        simulation.transport(random.nextBoolean() ? Transport.GRPC : Transport.CONNECT_ON_DEMAND);
        simulation.loadBalancer(builder -> balancer(builder, policy, hedges, bare, retries));

        Result result = simulation.run(seconds(RUN_SECONDS));
        Result oracle = result.oracle();

        String story = servers + " servers" + (chain ? " and a tier behind" : "") + ", " + policy + ", " + faults
                + "\nresult " + result + "\noracle " + oracle;
        assertThat(oracle.calls()).as(story).isEqualTo(result.calls());
        assertThat(oracle.successRate()).as(story).isGreaterThanOrEqualTo(result.successRate());
        if (result.calls() > 0) {
            assertThat(oracle.latency().mean())
                    .as(story)
                    .isLessThanOrEqualTo(result.latency().mean());
            for (double percent : new double[] {1, 10, 50, 90, 99, 100}) {
                assertThat(oracle.latency().percentile(percent))
                        .as("p%s of %s", percent, story)
                        .isLessThanOrEqualTo(result.latency().percentile(percent));
            }
        }
    }

    private static Servers server(Random random) {
        ServiceTime time = switch (random.nextInt(3)) {
            case 0 -> ServiceTime.constant(millis(1 + random.nextInt(60)));
            case 1 -> ServiceTime.exponential(millis(1 + random.nextInt(60)));
            default -> ServiceTime.logNormal(millis(1 + random.nextInt(60)), random.nextDouble());
        };
        Servers servers = Servers.workers(1 + random.nextInt(4))
                .queue(random.nextInt(100))
                .serviceTime(time);
        return random.nextBoolean() ? servers.noticingCancel() : servers;
    }

    private static Clients clients(Random random) {
        return Clients.ratePerSecond(1 + random.nextInt(150))
                .deadline(millis(100 + random.nextInt(1_500)))
                .connectTimeout(millis(50 + random.nextInt(1_000)))
                .keys(random.nextBoolean() ? 20 : 0)
                .nonIdempotentShare(random.nextInt(3) * 0.5);
    }

    private static LoadBalancingPolicy policy(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> leastLoaded(LoadMetric.PEAK_EWMA);
            case 1 -> leastLoaded(LoadMetric.IN_FLIGHT);
            case 2 -> roundRobin();
            case 3 -> random();
            default -> ringHash();
        };
    }

    private static LoadBalancerBuilder balancer(
            LoadBalancerBuilder builder, LoadBalancingPolicy policy, boolean hedges, boolean bare, boolean retries) {
        LoadBalancerBuilder settled = builder.policy(policy).retry(retries ? RetryPolicy.DEFAULT : RetryPolicy.NONE);
        if (hedges) {
            settled = settled.hedging(Hedging.DEFAULT);
        }
        return bare ? Fleets.bare(settled) : settled;
    }

    private static void addFault(Simulation simulation, Random random, int servers, List<String> faults) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            order.add(i);
        }
        Collections.shuffle(order, random);
        Target target = Target.servers(order.subList(0, 1 + random.nextInt(servers)).stream()
                .mapToInt(Integer::intValue)
                .toArray());
        double probability = List.of(0.01, 0.5, 1.0).get(random.nextInt(3));
        Blip blip = List.of(Blip.error(), Blip.lateAnswer(millis(300)), Blip.noAnswer())
                .get(random.nextInt(3));
        Fault fault = switch (random.nextInt(19)) {
            case 0 -> Fault.slow(target, 1 + random.nextInt(20));
            case 1 -> Fault.stall(target);
            case 2 -> Fault.errors(target, probability, millis(random.nextInt(30)));
            case 3 -> Fault.pushback(target, probability, millis(random.nextInt(200)), millis(1));
            case 4 -> Fault.rejects(target, probability, millis(random.nextInt(30)));
            case 5 -> Fault.blip(target, random.nextBoolean() ? blip : blip.perClient());
            case 6 -> Fault.refuse(target);
            case 7 -> Fault.blackHole(target);
            case 8, 9 -> Fault.crash(target);
            case 10 -> Fault.coldStart(target, millis(500 + random.nextInt(3_000)));
            case 11 -> Fault.absent(target);
            case 12 -> Fault.otherService(target);
            case 13 -> Fault.flapping(target, millis(200 + random.nextInt(1_000)));
            case 14 -> Fault.rollingDeploy(millis(100 + random.nextInt(900)), millis(random.nextInt(300)));
            case 15 -> Fault.overload(0.3 + 8 * random.nextDouble());
            case 16 -> Fault.clientStall();
            case 17 -> Fault.discoverySilent();
            default -> Fault.discoveryFails("SERVFAIL");
        };
        Duration start = millis(random.nextInt(RUN_SECONDS - 1) * 700L);
        Duration end = start.plusMillis(1 + random.nextInt(2_000));
        if (fault.endsByItself() || random.nextInt(5) == 0) {
            simulation.at(start, fault);
            faults.add(fault + " from " + start.toMillis());
        } else {
            simulation.between(start, end, fault);
            faults.add(fault + " from " + start.toMillis() + " to " + end.toMillis());
        }
    }
}
