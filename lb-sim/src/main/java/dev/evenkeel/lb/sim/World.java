package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** One run: everything that moves, in one virtual time. */
final class World {
    private final Scenario scenario;
    private final VirtualTime time = new VirtualTime();
    private final ProcessTime serverTime = new ProcessTime(time);
    private final ProcessTime clientTime = new ProcessTime(time);
    private final Recorder recorder;
    private final Discovery discovery;
    private final long networkDelayNanos;
    private final List<Server> servers = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<Caller> callers = new ArrayList<>(); // clients first, then servers that call the next tier
    private final List<Double> loadFactors = new ArrayList<>();

    private World(Scenario scenario) {
        this.scenario = scenario;
        List<Servers> models = scenario.fleet().servers();
        this.recorder = new Recorder(time, scenario);
        this.discovery = new Discovery(scenario.fleet());
        this.networkDelayNanos = scenario.fleet().networkDelay().toNanos();
        for (Servers model : models) {
            servers.add(new Server(servers.size(), model, time, recorder));
        }
    }

    /** Runs a scenario with the real load balancers, or with the oracle in their place. */
    static Recorder run(Scenario scenario, boolean oracle) {
        World world = new World(scenario);
        world.scheduleDisruptions(); // first, so that a server that is absent from the start is in nobody's first list
        world.time.advance(Duration.ZERO);
        for (Clients model : scenario.fleet().clients()) {
            world.add(model, oracle);
        }
        List<Link> links = scenario.fleet().links();
        for (int tier = 1; tier <= links.size(); tier++) {
            world.link(tier, links.get(tier - 1), oracle);
        }
        world.run();
        return world.recorder;
    }

    private void add(Clients model, boolean oracle) {
        int index = clients.size();
        UnaryOperator<LoadBalancerBuilder> place = builder -> in(model.locality(), builder);
        Client client = new Client(index, model, this, scenario.seed(), router(index, 0, clientTime, place, oracle));
        clients.add(client);
        callers.add(client.caller());
    }

    /** Lets the servers of the tier before call this one. */
    private void link(int tier, Link link, boolean oracle) {
        for (Server server : tier(tier - 1)) {
            UnaryOperator<LoadBalancerBuilder> settings =
                    builder -> link.settings().apply(in(server.model().locality(), builder));
            Route.Router router = router(callers.size(), tier, serverTime, settings, oracle);
            Caller caller = new Caller(callers.size(), link.deadline(), link.deadline(), this, serverTime, router);
            callers.add(caller);
            server.callNextTierBy(caller);
        }
    }

    /** Tells a load balancer where it is. */
    private static LoadBalancerBuilder in(Locality place, LoadBalancerBuilder builder) {
        return place.equals(Locality.UNKNOWN) ? builder : builder.locality(place);
    }

    private List<Server> tier(int tier) {
        Scenario.Fleet fleet = scenario.fleet();
        return servers.subList(fleet.firstServer(tier), fleet.firstServer(tier + 1));
    }

    private void scheduleDisruptions() {
        for (Disruption disruption : scenario.disruptions()) {
            List<Server> hit = Arrays.stream(disruption.fault().target().resolve(scenario.fleet()))
                    .mapToObj(servers::get)
                    .toList();
            later(disruption.start().toNanos(), () -> {
                Runnable end = disruption.fault().begin(this, hit);
                if (disruption.end() != null) {
                    later(disruption.end().minus(disruption.start()).toNanos(), end);
                }
            });
        }
    }

    private void run() {
        clients.forEach(client -> client.arrivals().multiply(loadFactor()));
        time.advance(scenario.duration());
        clients.forEach(client -> client.arrivals().stop());
        clientTime.goOn();
        time.advance(longest(scenario.fleet().clients().stream().map(Clients::deadline)));
        if (scenario.fleet().tiers() > 1) { // servers may still work for callers that have given up
            servers.forEach(server -> server.callNextTierBy(null));
            time.advance(longest(scenario.fleet().links().stream().map(Link::deadline)));
        }
        recorder.finish( // every call has ended
                callers.stream().mapToInt(caller -> caller.router().inFlight()).sum(), servers);
        callers.forEach(caller -> caller.router().close());
    }

    private static Duration longest(Stream<Duration> durations) {
        return durations.max(Duration::compareTo).orElseThrow();
    }

    private Route.Router router(
            int caller, int tier, ProcessTime process, UnaryOperator<LoadBalancerBuilder> settings, boolean oracle) {
        if (oracle) {
            SplitMix64 random = SplitMix64.stream(scenario.seed(), SplitMix64.Stream.ORACLE, caller);
            return new OracleRouter(tier(tier), time, networkDelayNanos, random);
        }
        SplitMix64 random = SplitMix64.stream(scenario.seed(), SplitMix64.Stream.BALANCER, caller);
        LoadBalancerBuilder builder = scenario.balancing().builder(new SimulatedCheck(this, process));
        return new BalancedRouter(settings.apply(builder)
                .endpoints(scenario.balancing().around().apply(discovery.tier(tier)))
                .environment(process.environment(random))
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onEvent(Event event) {
                        recorder.event(caller, event);
                    }
                })
                .build());
    }

    /** Returns the time of all clients' processes. */
    ProcessTime clientTime() {
        return clientTime;
    }

    /** Lets all clients' processes stand still, and returns what ends that. */
    Runnable stallClients() {
        Runnable tell = discovery.silenceToClients();
        Runnable goOn = clientTime.stall();
        return () -> {
            goOn.run();
            tell.run();
        };
    }

    VirtualTime time() {
        return time;
    }

    Recorder recorder() {
        return recorder;
    }

    Discovery discovery() {
        return discovery;
    }

    long networkDelayNanos() {
        return networkDelayNanos;
    }

    List<Server> servers() {
        return servers;
    }

    void later(long delayNanos, Runnable task) {
        time.schedule(delayNanos, task);
    }

    /** Changes how often all clients call, and returns what undoes it. */
    Runnable multiplyLoad(double factor) {
        loadFactors.add(factor);
        applyLoad();
        return () -> {
            loadFactors.remove(factor);
            applyLoad();
        };
    }

    private void applyLoad() {
        clients.forEach(client -> client.arrivals().multiply(loadFactor()));
    }

    private double loadFactor() {
        return loadFactors.stream().reduce(1.0, (a, b) -> a * b);
    }
}
