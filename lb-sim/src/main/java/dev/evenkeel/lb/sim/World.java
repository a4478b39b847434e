package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One run: everything that moves, in one virtual time. */
final class World {
    private final Scenario scenario;
    private final VirtualTime time = new VirtualTime();
    private final Recorder recorder;
    private final Discovery discovery;
    private final long networkDelayNanos;
    private final List<Server> servers = new ArrayList<>();
    private final List<Caller> callers = new ArrayList<>();
    private final List<Double> loadFactors = new ArrayList<>();

    private World(Scenario scenario) {
        this.scenario = scenario;
        List<Servers> models = scenario.fleet().servers();
        this.recorder = new Recorder(time, scenario);
        this.discovery = new Discovery(models);
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
            int index = world.callers.size();
            Route.Router router = oracle ? world.oracle(index) : world.balanced(index);
            world.callers.add(new Caller(index, model, world, scenario.seed(), router));
        }
        world.run();
        return world.recorder;
    }

    private void scheduleDisruptions() {
        for (Disruption disruption : scenario.disruptions()) {
            List<Server> hit = Arrays.stream(
                            disruption.fault().target().resolve(scenario.fleet().servers()))
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
        callers.forEach(caller -> caller.arrivals().multiply(loadFactor()));
        time.advance(scenario.duration());
        callers.forEach(caller -> caller.arrivals().stop());
        time.advance(longestDeadline()); // every call has ended then
        recorder.finish(
                callers.stream().mapToInt(caller -> caller.router().inFlight()).sum(), servers);
        callers.forEach(caller -> caller.router().close());
    }

    private Duration longestDeadline() {
        return scenario.fleet().clients().stream()
                .map(Clients::deadline)
                .max(Duration::compareTo)
                .orElseThrow();
    }

    private Route.Router oracle(int client) {
        SplitMix64 random = SplitMix64.stream(scenario.seed(), SplitMix64.Stream.ORACLE, client);
        return new OracleRouter(servers, time, networkDelayNanos, random);
    }

    private Route.Router balanced(int client) {
        SplitMix64 random = SplitMix64.stream(scenario.seed(), SplitMix64.Stream.BALANCER, client);
        return new BalancedRouter(scenario.balancer()
                .apply(LoadBalancer.builder("simulated"))
                .endpoints(discovery)
                .environment(time.environment(random))
                .listener(new LoadBalancerListener() {
                    @Override
                    public void onEvent(Event event) {
                        recorder.event(client, event);
                    }
                })
                .build());
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
        callers.forEach(caller -> caller.arrivals().multiply(loadFactor()));
    }

    private double loadFactor() {
        return loadFactors.stream().reduce(1.0, (a, b) -> a * b);
    }
}
