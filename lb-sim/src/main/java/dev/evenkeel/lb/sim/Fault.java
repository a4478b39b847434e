package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Something that goes wrong, or changes, during a run. Faults may overlap in any way, also on one server; what each of
 * them does ends when it ends. {@link Simulation#at} and {@link Simulation#between} say when.
 */
public final class Fault {
    private static final Outcome NOT_FOUND = Outcome.of(Outcome.Kind.REJECTED, "HTTP 404");
    private static final Duration RAMP = Duration.ofSeconds(30);
    private static final double LARGEST_FACTOR = 1e6;

    private final String name;
    private final Target target;
    private final boolean endsByItself;
    private final Effect effect;

    private Fault(String name, Target target, boolean endsByItself, Effect effect) {
        this.name = name;
        this.target = target;
        this.endsByItself = endsByItself;
        this.effect = effect;
    }

    /** Begins what a fault does to some servers, and returns what ends it. */
    @FunctionalInterface
    private interface Effect {
        Runnable begin(World world, List<Server> servers);
    }

    /** Work takes {@code factor} times as long, also what is under way. */
    public static Fault slow(Target target, double factor) {
        Check.range("factor", factor, 1, LARGEST_FACTOR);
        return onEach("slow ×" + factor, target, server -> server.suffer(condition -> condition.slow(factor)));
    }

    /** Work takes twice as long. */
    public static Fault halfSpeed(Target target) {
        return slow(target, 2);
    }

    /**
     * No work is done, as in a long garbage collection; requests queue up, and afterwards work goes on where it was.
     */
    public static Fault stall(Target target) {
        return onEach("stall", target, server -> server.suffer(Condition::stall));
    }

    /**
     * Requests are answered with HTTP 503 without any work.
     *
     * @param probability which share of them, 0 to 1
     * @param answerTime how long that takes the server
     */
    public static Fault errors(Target target, double probability, Duration answerTime) {
        return answers("errors", target, Condition.Errors.of(probability, answerTime, Server.ERROR));
    }

    /**
     * Requests are answered with HTTP 503 and Retry-After without any work, as a server does that sheds load.
     *
     * @param probability which share of them, 0 to 1
     * @param pause how long the server asks to be spared; may be zero
     * @param answerTime how long the answer takes the server
     */
    public static Fault pushback(Target target, double probability, Duration pause, Duration answerTime) {
        Check.notNegative("pause", pause);
        Outcome outcome = Outcome.pushback(Server.ERROR.reason(), pause);
        return answers("pushback", target, Condition.Errors.of(probability, answerTime, outcome));
    }

    /**
     * Requests are answered with HTTP 404 without any work, as a server does that has half of a release. A refusal is about the request, so
     * it is not sent again: the caller's call has failed.
     *
     * @param probability which share of them, 0 to 1
     * @param answerTime how long the answer takes the server
     */
    public static Fault rejects(Target target, double probability, Duration answerTime) {
        return answers("rejects", target, Condition.Errors.of(probability, answerTime, NOT_FOUND));
    }

    private static Fault answers(String name, Target target, Condition.Errors errors) {
        return onEach(
                name + " " + errors.probability(),
                target,
                server -> server.suffer(condition -> condition.fail(errors)));
    }

    /**
     * The next attempt that reaches the server meets a blip; then the server is perfectly well. With {@link Blip#perClient} it is the next
     * attempt of each client, or of each server that calls this one. An attempt that is refused or vanishes does not reach the server. The
     * end of the fault spares those that have not been hit.
     */
    public static Fault blip(Target target, Blip blip) {
        Objects.requireNonNull(blip, "blip");
        return onEach(blip.toString(), target, server -> server.suffer(condition -> condition.blip(blip)));
    }

    /** Nothing new gets in: every attempt is told at once that the connection is refused. What is there is finished. */
    public static Fault refuse(Target target) {
        return onEach("refuse", target, server -> server.suffer(Condition::refuse));
    }

    /**
     * Messages to and from the server vanish. Attempts on connections that worked before are never answered; new
     * connections fail after the connect timeout.
     */
    public static Fault blackHole(Target target) {
        return onEach("black hole", target, server -> server.suffer(Condition::isolate));
    }

    /** A whole zone is cut off: a black hole for each of its servers. */
    public static Fault zoneLoss(String zone) {
        return blackHole(Target.zone(zone));
    }

    /**
     * The process dies: attempts there break, new ones are refused; at the end of the fault it is back, with nothing to
     * do.
     */
    public static Fault crash(Target target) {
        return onEach("crash", target, Server::crash);
    }

    /** The server has 10 % of its capacity, which grows evenly to 100 % within 30 s. */
    public static Fault coldStart(Target target) {
        return coldStart(target, RAMP);
    }

    /** The server has 10 % of its capacity, which grows evenly to 100 %. */
    public static Fault coldStart(Target target, Duration ramp) {
        long nanos = Check.positive("ramp", ramp);
        return new Fault("cold start", target, true, (world, servers) -> {
            servers.forEach(server -> server.warmUp(nanos));
            return () -> {};
        });
    }

    /** Discovery does not list the server. From zero on, it is a server that joins at the end of the fault. */
    public static Fault absent(Target target) {
        return new Fault(
                "absent", target, false, (world, servers) -> world.discovery().remove(servers));
    }

    /** The server fails its health checks, though it would answer requests; see {@link Simulation#healthChecks}. */
    public static Fault maintenance(Target target) {
        return onEach("maintenance", target, server -> server.suffer(Condition::maintain));
    }

    /**
     * Another service has the server's address now: it answers every request at once with HTTP 404. For a load balancer that is an answer
     * like any other, and a fast one; for the caller the call has failed.
     */
    public static Fault otherService(Target target) {
        return onEach("another service", target, server -> server.suffer(Condition::giveAwayAddress));
    }

    /**
     * Discovery fails, and says so every 10 s, as a source does whose look-ups fail. What changes meanwhile is told when it is over.
     *
     * @param reason what it says, such as {@code SERVFAIL}
     */
    public static Fault discoveryFails(String reason) {
        return new Fault(
                "discovery fails",
                Target.everyServer(),
                false,
                (world, servers) -> world.discovery().fail(world, reason));
    }

    /** Discovery goes silent, as a connection does that is dead and looks alive: what changes is not told before it is over. */
    public static Fault discoverySilent() {
        return new Fault(
                "discovery is silent",
                Target.everyServer(),
                false,
                (world, servers) -> world.discovery().silence());
    }

    /** Discovery drops the server for half of each period, and lists it for the other half. */
    public static Fault flapping(Target target, Duration period) {
        long half = Check.positive("period", period) / 2;
        return new Fault("flapping", target, false, (world, servers) -> new Flapping(world, servers, half)::end);
    }

    /**
     * Every server is replaced, one after the other: it finishes what it has and refuses what is new; after {@code
     * discoveryLag} discovery knows; after {@code downtime} it works again; and when discovery knows that too, it is
     * the next one's turn.
     */
    public static Fault rollingDeploy(Duration downtime, Duration discoveryLag) {
        long down = Check.positive("downtime", downtime);
        long lag = Check.notNegative("discoveryLag", discoveryLag);
        return new Fault("rolling deploy", Target.everyServer(), true, (world, servers) -> {
            for (int i = 0; i < servers.size(); i++) {
                Server server = servers.get(i);
                world.later(i * (down + lag), () -> {
                    Runnable up = server.suffer(Condition::refuse);
                    world.later(down, up);
                    world.later(lag, () -> world.later(down, world.discovery().remove(List.of(server))));
                });
            }
            return () -> {};
        });
    }

    /** All clients call {@code factor} times as often. */
    public static Fault overload(double factor) {
        Check.range("factor", factor, 1 / LARGEST_FACTOR, LARGEST_FACTOR);
        return new Fault(
                "load ×" + factor, Target.everyServer(), false, (world, servers) -> world.multiplyLoad(factor));
    }

    /**
     * The processes of all clients stand still, as in a long garbage collection or without CPU: answers that arrive meanwhile are seen, timers
     * fire and calls are made only afterwards. The latency of a call counts from when it was meant to be sent. Servers work on.
     */
    public static Fault clientStall() {
        return new Fault("client stall", Target.everyServer(), false, (world, servers) -> world.stallClients());
    }

    private static Fault onEach(String name, Target target, Function<Server, Runnable> effect) {
        return new Fault(name, target, false, (world, servers) -> {
            List<Runnable> ends = new ArrayList<>();
            servers.forEach(server -> ends.add(effect.apply(server)));
            return () -> ends.forEach(Runnable::run);
        });
    }

    Target target() {
        return target;
    }

    boolean endsByItself() {
        return endsByItself;
    }

    Runnable begin(World world, List<Server> servers) {
        return effect.begin(world, servers);
    }

    @Override
    public String toString() {
        return name + " (" + target + ")";
    }
}
