package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A real load balancer in a virtual time that stands still: its calls end in the moment in which they begin. Used by one thread. */
final class VirtualClient implements AutoCloseable {
    private static final Outcome REFUSED = Outcome.of(Outcome.Kind.CONNECT_FAILED, "connection refused");
    private static final int PATIENCE = 1_000_000;

    private final LoadBalancer loadBalancer;

    VirtualClient(EndpointSource source, UnaryOperator<LoadBalancerBuilder> settings) {
        VirtualTime time = new VirtualTime();
        // Of its methods the core uses those of which the JDK says what they return.
        Random random = new Random(Report.SEED);
        loadBalancer = settings.apply(LoadBalancer.builder("drawn"))
                .endpoints(source)
                .environment(time.environment(random))
                .build();
        time.advance(Duration.ZERO);
    }

    /** Returns endpoints that differ in nothing but their addresses. */
    static List<Endpoint> endpoints(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Endpoint.of("10.0." + i / 250 + "." + i % 250, 8080))
                .toList();
    }

    /** Calls until each of these endpoints has refused a connection; they are out from then on. */
    void findOut(Set<String> refusing) {
        Set<String> unknown = new HashSet<>(refusing);
        for (int calls = 0; !unknown.isEmpty(); calls++) {
            if (calls > PATIENCE) {
                throw new IllegalStateException(
                        unknown.size() + " endpoints are not found out in " + PATIENCE + " calls");
            }
            Attempt attempt = loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
            String id = attempt.endpoint().id();
            unknown.remove(id);
            attempt.complete(refusing.contains(id) ? REFUSED : Outcome.SUCCESS);
        }
    }

    /** Returns which share of so many calls goes to such endpoints. */
    double share(int calls, Predicate<Endpoint> wanted) {
        int there = 0;
        for (int i = 0; i < calls; i++) {
            Attempt attempt = loadBalancer.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
            there += wanted.test(attempt.endpoint()) ? 1 : 0;
            attempt.complete(Outcome.SUCCESS);
        }
        return (double) there / calls;
    }

    /** Returns the ids of the endpoints that it connects to. */
    Set<String> used() {
        return loadBalancer.endpoints().stream()
                .filter(status -> !status.availability().has(OutReason.UNUSED))
                .map((EndpointStatus status) -> status.endpoint().id())
                .collect(Collectors.toSet());
    }

    @Override
    public void close() {
        loadBalancer.close();
    }
}
