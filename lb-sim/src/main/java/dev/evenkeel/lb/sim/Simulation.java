package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckSchedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

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
    private final List<Link> links = new ArrayList<>();
    private final List<Clients> clients = new ArrayList<>();
    private final List<Disruption> disruptions = new ArrayList<>();
    private Duration networkDelay = Duration.ofNanos(250_000);
    private UnaryOperator<LoadBalancerBuilder> balancer = builder -> builder;
    private @Nullable UnaryOperator<EndpointSource> around;
    private @Nullable CheckSchedule checks;
    private Transport transport = Transport.CONNECT_ON_DEMAND;

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

    /**
     * Ends a tier: servers that are added from now on are behind those that are there. To answer a request, a server of
     * the tier before does its own work, and then makes one call to this tier, by a load balancer of its own that has
     * the settings of {@link #loadBalancer}. The worker is held until that call ends; if it fails, the answer is an HTTP
     * 503, which may be retried. A caller that has given up is not noticed.
     *
     * @param deadline the time for each call to the new tier with all its attempts
     */
    public Simulation nextTier(Duration deadline) {
        return nextTier(deadline, builder -> builder);
    }

    /**
     * Ends a tier, as {@link #nextTier(Duration)} does.
     *
     * @param settings what differs in the load balancers by which the new tier is called
     */
    public Simulation nextTier(Duration deadline, UnaryOperator<LoadBalancerBuilder> settings) {
        links.add(new Link(servers.size(), deadline, Objects.requireNonNull(settings, "settings")));
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
     * Sets how each load balancer is made, those of servers that call the next tier included. Its endpoints and its environment are the simulation's, whatever is
     * set here.
     */
    public Simulation loadBalancer(UnaryOperator<LoadBalancerBuilder> settings) {
        balancer = Objects.requireNonNull(settings, "settings");
        return this;
    }

    /**
     * Sets what stands between discovery and each load balancer, such as a source of yours that filters, or one that takes a failing
     * look-up for an empty list. The endpoints that come through must be those that the simulation has.
     */
    public Simulation discovery(UnaryOperator<EndpointSource> newAround) {
        around = Objects.requireNonNull(newAround, "newAround");
        return this;
    }

    /**
     * Lets every load balancer check the health of its endpoints. A check passes unless the server refuses connections or is in {@link
     * Fault#maintenance}; it gets no answer from one that is cut off or stalls. It costs the server nothing.
     */
    public Simulation healthChecks(CheckSchedule schedule) {
        checks = Objects.requireNonNull(schedule, "schedule");
        return this;
    }

    /** Sets how all callers are connected to servers. The default is {@link Transport#CONNECT_ON_DEMAND}. */
    public Simulation transport(Transport newTransport) {
        transport = Objects.requireNonNull(newTransport, "newTransport");
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
        Scenario.Fleet fleet = new Scenario.Fleet(servers, links, clients, networkDelay);
        return Result.of(new Scenario(
                seed,
                fleet,
                List.copyOf(disruptions),
                new Scenario.Balancing(balancer, around, checks, transport),
                duration));
    }
}
