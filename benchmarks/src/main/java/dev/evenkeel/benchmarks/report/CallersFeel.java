package dev.evenkeel.benchmarks.report;

import static dev.evenkeel.lb.sim.Fault.absent;
import static dev.evenkeel.lb.sim.Fault.blackHole;
import static dev.evenkeel.lb.sim.Fault.blip;
import static dev.evenkeel.lb.sim.Fault.coldStart;
import static dev.evenkeel.lb.sim.Fault.crash;
import static dev.evenkeel.lb.sim.Fault.errors;
import static dev.evenkeel.lb.sim.Fault.halfSpeed;
import static dev.evenkeel.lb.sim.Fault.overload;
import static dev.evenkeel.lb.sim.Fault.rollingDeploy;
import static dev.evenkeel.lb.sim.Fault.slow;
import static dev.evenkeel.lb.sim.Fault.stall;
import static dev.evenkeel.lb.sim.Target.everyServer;
import static dev.evenkeel.lb.sim.Target.server;
import static dev.evenkeel.lb.sim.Target.servers;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.evenkeel.lb.sim.Blip;
import dev.evenkeel.lb.sim.Fault;
import java.util.List;

/** What callers feel when something befalls one fleet of ten servers, at some 60 % of its capacity. */
final class CallersFeel {
    /** What turns 59.5 % of capacity into 130 %, 150 % and 200 %. */
    private static final double TO_130_PERCENT = 2.185;

    private static final double TO_150_PERCENT = 2.52;
    private static final double TO_200_PERCENT = 3.361;

    private CallersFeel() {}

    static List<Scenario> scenarios() {
        return List.of(
                busy("calm", "Nothing is wrong", "Any difference here is what a policy costs when nobody needs it.")
                        .forEveryPolicy(),
                oneOfTen(
                                "slow",
                                "One 10× slow",
                                "A server works at a tenth of its speed: a noisy neighbour, a dying disk.",
                                slow(server(3), 10))
                        .forEveryPolicy(),
                faulty(
                                "half-speed",
                                "Three at half speed",
                                "Three servers are older machines for a while.",
                                halfSpeed(servers(2, 5, 8)))
                        .watching(2, 5, 8),
                oneOfTen(
                                "instant-503",
                                "One answers 503 at once",
                                "A server fails fast, and so looks like the fastest of all.",
                                errors(server(3), 1, ofMillis(1)))
                        .forEveryPolicy(),
                oneOfTen(
                                "killed",
                                "One killed",
                                "A process dies: what it had breaks, what is new is refused; after 30 s it is back.",
                                crash(server(3)))
                        .forEveryPolicy(),
                busy(
                                "back",
                                "One killed, and its return",
                                "The same for 5 s only: how soon does a server that is back have its share again?")
                        .between(5, 10, crash(server(3)))
                        .lasting(60)
                        .watching(3)
                        .sharesBetween(10, 40),
                oneOfTen(
                        "black-hole",
                        "One black hole",
                        "A machine vanishes without a word, and nothing sent there is ever answered.",
                        blackHole(server(3))),
                small(
                        "small-black-hole",
                        "One black hole, small clients",
                        "The same, where each client calls four times a second and must find out by itself.",
                        blackHole(server(3))),
                small(
                        "small-slow",
                        "One 10× slow, small clients",
                        "A server at a tenth of its speed, and the same clients.",
                        slow(server(3), 10)),
                stalls(),
                busy(
                                "joins-cold",
                                "One joins cold",
                                "A tenth server joins nine with a tenth of its capacity, and takes 30 s to warm up.")
                        .between(0, 5, absent(server(9)))
                        .until(5, 35, coldStart(server(9)))
                        .lasting(70)
                        .watching(9)
                        .sharesBetween(5, 70)
                        .forEveryPolicy(),
                busy(
                                "rolling-deploy",
                                "Rolling deploy",
                                "Every server is replaced, one after the other; each is away for 3 s, and discovery says so 2 s late.")
                        .until(5, 55, rollingDeploy(ofSeconds(3), ofSeconds(2)))
                        .lasting(65)
                        .recoveryFrom(5),
                coldDeploy(),
                busy(
                                "overload-130",
                                "130 % load for 8 s",
                                "Calls come twice as often as usual, more than all servers together can do.")
                        .between(5, 13, overload(TO_130_PERCENT))
                        .recoveryFrom(13)
                        .forEveryPolicy(),
                busy(
                                "overload-150",
                                "150 % load for 10 s (S16)",
                                "The queues of all servers fill; whoever repeats what is turned away makes it worse.")
                        .between(5, 15, overload(TO_150_PERCENT))
                        .recoveryFrom(15),
                busy(
                                "overload-200",
                                "200 % load for 8 s",
                                "Half of all calls must fail; to take servers out for it would fail more.")
                        .between(5, 13, overload(TO_200_PERCENT))
                        .recoveryFrom(13),
                new Scenario(
                                "overload-pushback",
                                "130 % load, half push back",
                                "The same fleet, but half of the servers ask for a pause of 1 s when they are full, where the others answer 503.",
                                Fleet.halfPushingBack())
                        .between(5, 13, overload(TO_130_PERCENT))
                        .recoveryFrom(13),
                busy(
                                "blip-one",
                                "One late answer",
                                "One server answers one attempt of each client 3 s late, as when a packet is lost again and again; then it is well.")
                        .between(
                                5,
                                35,
                                blip(server(3), Blip.lateAnswer(ofSeconds(3)).perClient()))
                        .sharesBetween(15, 40)
                        .recoveryFrom(5)
                        .watching(3),
                blipsInTurn(),
                busy(
                                "cold-client",
                                "Clients that start",
                                "The first answer of every server to each client takes 400 ms longer: nothing is connected or compiled yet.")
                        .between(
                                0,
                                5,
                                blip(
                                        everyServer(),
                                        Blip.lateAnswer(ofMillis(400)).perClient())));
    }

    private static Scenario busy(String id, String title, String story) {
        return new Scenario(id, title, story, Fleet.busy());
    }

    /** A fault of server 3, and two hundred clients. */
    private static Scenario small(String id, String title, String story, Fault fault) {
        return new Scenario(id, title, story, Fleet.busy(10, 200, 840))
                .between(5, 35, fault)
                .sharesBetween(7, 35)
                .recoveryFrom(5)
                .watching(3);
    }

    /** A fault from the 5th to the 35th second of 40. */
    private static Scenario faulty(String id, String title, String story, Fault fault) {
        return busy(id, title, story).between(5, 35, fault).sharesBetween(7, 35).recoveryFrom(5);
    }

    /** A fault of server 3. */
    private static Scenario oneOfTen(String id, String title, String story, Fault fault) {
        return faulty(id, title, story, fault).watching(3);
    }

    private static Scenario stalls() {
        Scenario stalls = busy("stalls", "Two stall 1 s of 5", "Long garbage collections, now here, now there.")
                .watching(3, 7)
                .sharesBetween(5, 35)
                .recoveryFrom(5);
        for (double second = 5; second < 35; second += 5) {
            stalls.between(second, second + 1, stall(server(3)));
            stalls.between(second + 2.5, second + 3.5, stall(server(7)));
        }
        return stalls;
    }

    private static Scenario blipsInTurn() {
        Scenario blips = busy(
                        "blips-in-turn",
                        "One error each, in turn",
                        "Every 3 s another server answers one attempt of each client with an error, and is well before and afterwards.")
                .recoveryFrom(5);
        for (int server = 0; server < 10; server++) {
            double begin = 5 + 3 * server;
            blips.between(begin, begin + 3, blip(server(server), Blip.error().perClient()));
        }
        return blips;
    }

    private static Scenario coldDeploy() {
        Scenario deploy = busy(
                        "cold-deploy",
                        "Rolling deploy, each cold",
                        "The same, and each server comes back with a tenth of its capacity and takes 10 s to warm up.")
                .until(5, 55, rollingDeploy(ofSeconds(3), ofSeconds(2)))
                .lasting(75)
                .recoveryFrom(5);
        for (int server = 0; server < 10; server++) {
            double back = 5 + 5 * server + 3;
            deploy.until(back, back + 10, coldStart(server(server), ofSeconds(10)));
        }
        return deploy;
    }
}
