package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.StickySessions;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** What an endpoint takes in the heap: its description, its live state and its place in the pickers. */
final class MemoryPerEndpoint {
    private static final int FEW = 1_000;
    private static final int MANY = 100_000;

    private static final List<LoadBalancer> OPEN = new ArrayList<>();
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private MemoryPerEndpoint() {}

    public static void main(String[] args) {
        report("the default", Fleet::endpoint, UnaryOperator.identity());
        report(
                "the default, of endpoints with a zone and two entries of metadata",
                MemoryPerEndpoint::placed,
                UnaryOperator.identity());
        report("the same with keys", MemoryPerEndpoint::placed, MemoryPerEndpoint::keys);
        report("the same with keys, sessions, zones and subsets", MemoryPerEndpoint::placed, MemoryPerEndpoint::places);
        report(
                "the same with all these and breakers",
                MemoryPerEndpoint::placed,
                settings -> places(settings).endpointBreaker(Breaker.DEFAULT));
        OPEN.forEach(LoadBalancer::close);
    }

    private static Endpoint placed(int index) {
        return Fleet.endpoint(index)
                .withLocality(zone(index % 3))
                .withMetadata("version", "v" + index % 10)
                .withMetadata("role", index % 2 == 0 ? "primary" : "replica");
    }

    private static Locality zone(int number) {
        return new Locality("eu", "eu-" + number);
    }

    private static LoadBalancerBuilder keys(LoadBalancerBuilder settings) {
        return settings.policy(LoadBalancingPolicy.ringHash());
    }

    /** An endpoint is in one of three zones and in three of thirty-two subsets. */
    private static LoadBalancerBuilder places(LoadBalancerBuilder settings) {
        return keys(settings)
                .stickySessions(StickySessions.DEFAULT)
                .locality(zone(0))
                .subsets(MetadataSubsets.by("version").andBy("role").andBy("version", "role"));
    }

    private static void report(
            String what, IntFunction<Endpoint> endpoint, UnaryOperator<LoadBalancerBuilder> settings) {
        measure(FEW, endpoint, settings); // loads the classes
        System.out.printf("%,d endpoints, %s: %,d B each%n", MANY, what, measure(MANY, endpoint, settings));
    }

    /** The load balancer stays open, or it would be freed while the next one is measured. */
    private static long measure(int size, IntFunction<Endpoint> endpoint, UnaryOperator<LoadBalancerBuilder> settings) {
        long before = used();
        LoadBalancer loadBalancer = settings.apply(LoadBalancer.builder("bench.svc")
                        .endpoints(EndpointSource.of(
                                IntStream.range(0, size).mapToObj(endpoint).toList()))
                        .subsetting(Subsetting.OFF))
                .build();
        OPEN.add(loadBalancer);
        loadBalancer.awaitReady(Duration.ofSeconds(10));
        for (int i = 0; i < 10 * size; i++) {
            loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt().complete(Outcome.SUCCESS);
        }
        return (used() - before) / size;
    }

    private static long used() {
        for (int i = 0; i < 3; i++) {
            MEMORY.gc();
        }
        return MEMORY.getHeapMemoryUsage().getUsed();
    }
}
