package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Describes a fleet and what befalls it, and runs the real load balancer in it, in virtual time.
 *
 * <p>The same description gives the same result, bit for bit, on every machine and every JDK. Arrivals and the work
 * that calls bring depend on the seed alone, so that two policies are compared on the same calls. A description may be
 * run several times. Not safe for use by several threads.
 */
public final class Simulation {
    private final long seed;
    private final List<Servers> servers = new ArrayList<>();
    private final List<Clients> clients = new ArrayList<>();
    private final List<Disruption> disruptions = new ArrayList<>();
    private Duration networkDelay = Duration.ofNanos(250_000);
    private UnaryOperator<LoadBalancerBuilder> balancer = builder -> builder;

    private Simulation(long seed) {
        this.seed = seed;
    }

    /** Begins a description; everything random follows from the seed. */
    public static Simulation of(long seed) {
        return new Simulation(seed);
    }

    /** Adds a group of servers; they are numbered on from those that are there. At most 65,535 in all. */
    public Simulation servers(int count, Servers like) {
        Check.range("number of servers", count, 1, Discovery.MOST_SERVERS);
        servers.addAll(Collections.nCopies(count, Objects.requireNonNull(like, "like")));
        return this;
    }

    /** Adds a group of clients, each with a load balancer of its own. */
    public Simulation clients(int count, Clients like) {
        Check.range("number of clients", count, 1, 1_000_000);
        clients.addAll(Collections.nCopies(count, Objects.requireNonNull(like, "like")));
        return this;
    }

    /** Sets how long a message is under way, to a server or back. The default is 0.25 ms. */
    public Simulation networkDelay(Duration delay) {
        Check.notNegative("networkDelay", delay);
        networkDelay = delay;
        return this;
    }

    /**
     * Sets how each client's load balancer is made. Its endpoints and its environment are the simulation's, whatever is
     * set here.
     */
    public Simulation loadBalancer(UnaryOperator<LoadBalancerBuilder> settings) {
        balancer = Objects.requireNonNull(settings, "settings");
        return this;
    }

    /** Lets a fault begin, and stay to the end of the run unless it ends by itself. */
    public Simulation at(Duration start, Fault fault) {
        disruptions.add(new Disruption(fault, start, null));
        return this;
    }

    /** Lets a fault begin and end. */
    public Simulation between(Duration start, Duration end, Fault fault) {
        disruptions.add(new Disruption(fault, start, end));
        return this;
    }

    /**
     * Runs. Calls are made for so long, and then the last of them end.
     *
     * @throws IllegalArgumentException if the description is not complete or does not fit together, saying what and
     *     what is allowed
     */
    public Result run(Duration duration) {
        Scenario.Fleet fleet = new Scenario.Fleet(servers, clients, networkDelay);
        return Result.of(new Scenario(seed, fleet, List.copyOf(disruptions), balancer, duration));
    }
}
