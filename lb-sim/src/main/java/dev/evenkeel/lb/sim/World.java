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
        this.discovery = new Discovery(scenario.fleet(), time);
        this.networkDelayNanos = scenario.fleet().networkDelay().toNanos();
        for (Servers model : models) {
            servers.add(new Server(servers.size(), model, time, recorder));
        }
    }

    /** Runs a scenario with the real load balancers. */
    static Recorder run(Scenario scenario) {
        World world = withoutCallers(scenario);
        for (Clients model : scenario.fleet().clients()) {
            world.add(model);
        }
        List<Link> links = scenario.fleet().links();
        for (int tier = 1; tier <= links.size(); tier++) {
            world.link(tier, links.get(tier - 1));
        }
        world.play();
        world.finish();
        return world.recorder;
    }

    /** Returns a world with servers and with what befalls them, at its beginning. */
    static World withoutCallers(Scenario scenario) {
        World world = new World(scenario);
        world.scheduleDisruptions(); // first, so that a server that is absent from the start is in no first list
        world.time.advance(Duration.ZERO);
        world.discovery.announce();
        return world;
    }

    private void add(Clients model) {
        UnaryOperator<LoadBalancerBuilder> place = builder -> in(model.locality(), builder);
        Route.Router router = router(clients.size(), 0, clientTime, model.connectTimeout(), place);
        Caller caller = new Caller(clients.size(), model.deadline(), model.connectTimeout(), this, clientTime, router);
        add(model, new ClientProcess(clients.size(), model, caller, this));
        callers.add(caller);
    }

    /** Adds a client. */
    void add(Clients model, Client.Calls calls) {
        clients.add(new Client(clients.size(), model, this, scenario.seed(), calls));
    }

    /** Lets the servers of the tier before call this one. */
    private void link(int tier, Link link) {
        for (Server server : tier(tier - 1)) {
            UnaryOperator<LoadBalancerBuilder> settings =
                    builder -> link.settings().apply(in(server.model().locality(), builder));
            Route.Router router = router(callers.size(), tier, serverTime, link.deadline(), settings);
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

    /** Lets time pass to the end of the run, and on until every call has ended. */
    void play() {
        clients.forEach(client -> client.arrivals().multiply(loadFactor()));
        time.advance(scenario.duration());
        clients.forEach(client -> client.arrivals().stop());
        clientTime.goOn();
        time.advance(longest(scenario.fleet().clients().stream().map(Clients::deadline)));
    }

    private void finish() {
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
            int caller,
            int tier,
            ProcessTime process,
            Duration connectTimeout,
            UnaryOperator<LoadBalancerBuilder> settings) {
        SplitMix64 random = SplitMix64.stream(scenario.seed(), SplitMix64.Stream.BALANCER, caller);
        Scenario.Balancing balancing = scenario.balancing();
        LoadBalancerBuilder builder = settings.apply(balancing.builder(new SimulatedCheck(this, process)))
                .endpoints(balancing.between(discovery.tier(tier)))
                .environment(process.environment(random))
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onEvent(Event event) {
                        recorder.event(caller, event);
                    }
                });
        if (balancing.transport() == Transport.CONNECT_ON_DEMAND) {
            return new BalancedRouter(builder.build());
        }
        Connections connections = new Connections(this, process, connectTimeout);
        return new ChannelRouter(builder.listener(connections).build(), connections, process);
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

    /** Returns how long the run has taken so far. */
    long nowNanos() {
        return time.elapsed().toNanos();
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
