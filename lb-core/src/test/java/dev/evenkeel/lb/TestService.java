package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** A load balancer in virtual time, what it said, and short ways to use it. */
final class TestService implements LoadBalancerListener {
    static final String NAME = "orders.svc";
    static final Outcome REFUSED = Outcome.of(Outcome.Kind.CONNECT_FAILED, "connection refused");
    static final Outcome HTTP_503 = Outcome.of(Outcome.Kind.UNAVAILABLE, "HTTP 503");

    final VirtualTime time = new VirtualTime();
    final List<Event> events = new ArrayList<>();
    final MutableEndpointSource source;
    final LoadBalancer loadBalancer;

    private TestService(EndpointSource source, UnaryOperator<LoadBalancerBuilder> settings) {
        this.source = source instanceof MutableEndpointSource mutable ? mutable : MutableEndpointSource.of();
        LoadBalancerBuilder builder = LoadBalancer.builder(NAME)
                .endpoints(source)
                .environment(time.environment(new Random(42)))
                .listener(this);
        this.loadBalancer = settings.apply(builder).build();
    }

    static TestService of(String... addresses) {
        return with(settings -> settings, addresses);
    }

    static TestService with(UnaryOperator<LoadBalancerBuilder> settings, String... addresses) {
        return new TestService(MutableEndpointSource.of(addresses), settings);
    }

    static TestService over(EndpointSource source) {
        return over(source, settings -> settings);
    }

    static TestService over(EndpointSource source, UnaryOperator<LoadBalancerBuilder> settings) {
        return new TestService(source, settings);
    }

    @Override
    public void onEvent(Event event) {
        events.add(event);
    }

    BalancedCall call() {
        return loadBalancer.newCall(RequestInfo.IDEMPOTENT);
    }

    Attempt attempt() {
        return call().nextAttempt();
    }

    /** Makes attempts until one goes to the endpoint, completing the others with success; if it is avoided, time passes until it is tried. */
    Attempt attemptAt(String id) {
        for (int i = 1; i < 10_000; i++) {
            if (i % 1_000 == 0) {
                advance(Duration.ofSeconds(4));
            }
            Attempt attempt = attempt();
            if (attempt.endpoint().id().equals(id)) {
                return attempt;
            }
            attempt.complete(Outcome.SUCCESS);
        }
        throw new AssertionError("10,000 attempts and none went to " + id + ": " + loadBalancer.endpoints());
    }

    /** Returns which endpoints so many attempts go to, each completed with success before the next. */
    List<String> picks(int count) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Attempt attempt = attempt();
            ids.add(attempt.endpoint().id());
            attempt.complete(Outcome.SUCCESS);
        }
        return ids;
    }

    void refuse(String id) {
        attemptAt(id).complete(REFUSED);
    }

    EndpointStatus status(String id) {
        return loadBalancer.endpoints().stream()
                .filter(status -> status.endpoint().id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    List<Event.Type> eventTypes() {
        return events.stream().map(Event::type).toList();
    }

    List<Event> eventsOf(Event.Type type) {
        return events.stream().filter(event -> event.type() == type).toList();
    }

    void advance(Duration duration) {
        time.advance(duration);
    }
}
