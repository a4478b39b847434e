package dev.evenkeel.benchmarks.report;

import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.coldStart;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.flapping;
import static dev.evenkeel.lb.sim.Fault.refuse;
import static dev.evenkeel.lb.sim.Fault.rollingDeploy;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.servers;
import static dev.evenkeel.lb.sim.Target.tier;
import static dev.evenkeel.lb.sim.Target.zone;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import java.util.List;

/** How fleets of others failed, as far as the simulator can tell it. The numbers S1, S2 … are those of the tests. */
final class FailureStories {
    private FailureStories() {}

    static List<Scenario> scenarios() {
        return List.of(
                new Scenario(
                                "s1-scale-out",
                                "S1: scale-out",
                                "Three servers join three that are busy.",
                                Fleet.roomy(6, 10, 300))
                        .between(0, 20, absent(servers(3, 4, 5)))
                        .lasting(80)
                        .watching(3, 4, 5)
                        .sharesBetween(52, 80),
                new Scenario(
                                "s2-fast-failure",
                                "S2: fast-failing black hole",
                                "One server of four turns to 503 in 1 ms, at low load.",
                                Fleet.roomy(4, 10, 200))
                        .at(10, errors(server(2), 1, ofMillis(1)))
                        .watching(2)
                        .sharesBetween(12, 40)
                        .recoveryFrom(10),
                new Scenario(
                                "s3-silent-black-hole",
                                "S3: silent black hole",
                                "A firewall swallows everything from and to one server of four for 20 s.",
                                Fleet.roomy(4, 10, 200))
                        .between(10, 30, blackHole(server(2)))
                        .lasting(50)
                        .watching(2)
                        .sharesBetween(12, 30)
                        .recoveryFrom(10),
                new Scenario(
                                "s4-gray-node",
                                "S4: gray node",
                                "One server of six stands still for 5 s and is ten times slower for 30 s more.",
                                Fleet.roomy(6, 10, 300))
                        .between(10, 15, stall(server(2)))
                        .between(15, 45, slow(server(2), 10))
                        .lasting(80)
                        .watching(2)
                        .sharesBetween(11, 45)
                        .recoveryFrom(10),
                new Scenario(
                                "s5-cold-jvm",
                                "S5: cold JVM",
                                "One server with a tenth of its capacity, growing for 30 s, joins five hot ones at 68 % of theirs.",
                                Fleet.busy(6, 20, 480))
                        .between(0, 10, absent(server(5)))
                        .until(10, 40, coldStart(server(5)))
                        .lasting(60)
                        .watching(5)
                        .sharesBetween(10, 60),
                new Scenario(
                                "s5-all-replaced",
                                "S5: all replaced",
                                "Four servers leave at the moment at which four others join.",
                                Fleet.roomy(8, 10, 400))
                        .between(0, 20, absent(servers(4, 5, 6, 7)))
                        .at(20, absent(servers(0, 1, 2, 3)))
                        .watching(4, 5, 6, 7)
                        .sharesBetween(21, 40),
                new Scenario(
                                "s6-empty-registry",
                                "S6: the registry answers empty",
                                "Discovery says for 20 s that there is nobody, and then for 20 s that there is half; all servers are well.",
                                Fleet.roomy(6, 10, 300))
                        .between(10, 30, absent(everyServer()))
                        .between(30, 50, absent(servers(3, 4, 5)))
                        .lasting(60)
                        .watching(3, 4, 5)
                        .sharesBetween(10, 50)
                        .recoveryFrom(10),
                new Scenario(
                                "s8-everybody-sick",
                                "S8: everybody is sick",
                                "Every server fails 30 % of its requests, and nobody repeats any (that is off here for all policies).",
                                Fleet.roomy(6, 10, 300))
                        .at(5, errors(everyServer(), 0.3, ofMillis(1)))
                        .withoutRetries()
                        .sharesBetween(5, 40),
                new Scenario(
                                "s9-retry-storm",
                                "S9: retry storm",
                                "Three hops with three attempts each; what is behind the last one is ten times slower for 8 s. Does it recover?",
                                Fleet.chain())
                        .between(20, 28, slow(tier(2), 10))
                        .lasting(60)
                        .countingAttemptsAt(2)
                        .recoveryFrom(28),
                new Scenario(
                                "s10-rolling-deploy",
                                "S10: rolling deploy",
                                "Six servers are replaced one after the other; each is away for 3 s, and discovery says so 2 s late.",
                                Fleet.roomy(6, 10, 300))
                        .until(10, 40, rollingDeploy(ofSeconds(3), ofSeconds(2)))
                        .lasting(50)
                        .recoveryFrom(10),
                new Scenario(
                                "s11-neighbours",
                                "S11: neighbours of a dead server",
                                "Fifty clients start at the same moment; one server of ten is dead. Who inherits its share?",
                                Fleet.roomy(10, 50, 1_000))
                        .at(0, refuse(server(4)))
                        .lasting(30)
                        .watching(3, 5),
                new Scenario(
                                "s12-low-traffic",
                                "S12: low traffic per client",
                                "Two hundred clients with a call a second each, 1 % random errors, and later a server that is really dead.",
                                Fleet.roomy(20, 200, 200))
                        .at(0, errors(everyServer(), 0.01, ofMillis(1)))
                        .at(60, crash(server(7)))
                        .lasting(180)
                        .watching(7)
                        .sharesBetween(62, 180)
                        .recoveryFrom(60),
                new Scenario(
                                "s13-lopsided-zones",
                                "S13: lopsided zones",
                                "All clients are in the zone of one server, which alone could not take a third of the calls. It dies and returns.",
                                Fleet.lopsided())
                        .between(20, 40, crash(zone("c")))
                        .lasting(100)
                        .watching(8)
                        .sharesBetween(70, 100)
                        .recoveryFrom(20),
                churn());
    }

    private static Scenario churn() {
        Scenario churn = new Scenario(
                        "s14-churn",
                        "S14: churn",
                        "Discovery drops and lists twenty of thirty servers again and again, each in its own rhythm.",
                        Fleet.roomy(30, 10, 600))
                .lasting(30)
                .watching(0, 10, 19);
        for (int server = 0; server < 20; server++) {
            churn.between(1, 25, flapping(server(server), ofMillis(700 + 90L * server)));
        }
        return churn;
    }
}
