package dev.evenkeel.benchmarks.report;

import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Target.server;

import java.util.List;

/** What policies are worth that look at keys: how few of them move, and what that costs. */
final class KeyStories {
    private KeyStories() {}

    static List<Scenario> scenarios() {
        return List.of(
                new Scenario(
                                "keys-back",
                                "Keys: one killed, and its return",
                                "A server dies for 20 s. Its keys must go elsewhere, and should come back; nobody else's should move.",
                                Fleet.busy())
                        .between(10, 30, crash(server(3)))
                        .lasting(80)
                        .watching(3)
                        .sharesBetween(50, 80)
                        .recoveryFrom(10)
                        .aboutKeys(),
                new Scenario(
                                "keys-slow",
                                "Keys: one 10× slow",
                                "A server works at a tenth of its speed, and its keys are bound to it.",
                                Fleet.busy())
                        .between(5, 35, slow(server(3), 10))
                        .watching(3)
                        .sharesBetween(7, 35)
                        .recoveryFrom(5)
                        .aboutKeys());
    }
}
