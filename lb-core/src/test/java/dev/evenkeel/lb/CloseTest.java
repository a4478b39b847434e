package dev.evenkeel.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.time.VirtualTime;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CloseTest {
    private final VirtualTime time = new VirtualTime();

    private LoadBalancer loadBalancer(String service, EndpointSource source) {
        return LoadBalancer.builder(service)
                .endpoints(source)
                .environment(time.environment(new Random(1)))
                .build();
    }

    private static EndpointSource failingToClose(Throwable failure) {
        return (listener, environment) -> {
            listener.onEndpoints(List.of(Endpoint.of("10.0.0.1:80")));
            return () -> {
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) failure;
            };
        };
    }

    @Test
    void aSourceThatThrowsLeavesNoLoadBalancerOpen() {
        LoadBalancer one = loadBalancer("one.svc", failingToClose(new IllegalStateException("one")));
        LoadBalancer two = loadBalancer("two.svc", failingToClose(new IllegalStateException("two")));
        LoadBalancer three = loadBalancer("three.svc", failingToClose(new AssertionError("three")));
        List<LoadBalancerView> views = new ArrayList<>();
        for (LoadBalancer each : List.of(one, two, three)) {
            views.add(each.openView(() -> {}));
        }

        assertThatThrownBy(LoadBalancers.of(one, two, three)::close)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(2));

        assertThat(views).allMatch(LoadBalancerView::isClosed);
        assertThat(time.pendingTasks()).isZero();
    }

    /** Sessions may be kept for hours, and breakers open for as long; also of an endpoint that has left meanwhile. */
    @Test
    void noTimerSurvives() {
        CircuitBreakerConfig breaker = CircuitBreakerConfig.custom()
                .minimumNumberOfCalls(2)
                .slidingWindowSize(2)
                .waitDurationInOpenState(Duration.ofHours(5))
                .build();
        TestService service = TestService.with(
                settings -> settings.stickySessions(StickySessions.DEFAULT.withTtl(Duration.ofHours(12)))
                        .endpointBreaker(breaker),
                "10.0.0.1:80",
                "10.0.0.2:80",
                "10.0.0.3:80",
                "10.0.0.4:80",
                "10.0.0.5:80");
        service.loadBalancer.drain("10.0.0.1:80");
        service.loadBalancer.drain("10.0.0.2:80");
        service.source.remove("10.0.0.2:80");
        service.refuse("10.0.0.3:80");
        for (int i = 0; i < 2; i++) {
            service.attemptAt("10.0.0.4:80").complete(TestService.HTTP_503);
        }
        service.picks(10);
        assertThat(service.time.pendingTasks()).isGreaterThan(4);

        service.loadBalancer.close();

        assertThat(service.time.pendingTasks()).isZero();
    }

    @Test
    void whatIsSaidOfAServiceEndsWithItsClose() {
        TestService service = TestService.of("10.0.0.1:80", "10.0.0.2:80");
        service.refuse("10.0.0.1:80");
        service.attemptAt("10.0.0.2:80").complete(TestService.REFUSED);
        assertThat(service.eventTypes()).endsWith(Event.Type.PANIC_ENTERED);

        service.loadBalancer.close();
        service.source.put(Endpoint.of("10.0.0.3:80"));
        service.advance(Duration.ofMinutes(10));

        assertThat(service.eventTypes()).endsWith(Event.Type.PANIC_ENTERED, Event.Type.CLOSED);
    }

    @Test
    void anAttemptThatEndsAfterTheCloseEndsAsAnyOther() {
        TestService service = TestService.of("10.0.0.1:80");
        Attempt attempt = service.attempt();
        service.loadBalancer.close();

        attempt.complete(Outcome.SUCCESS);

        assertThat(attempt.node().inFlight()).isZero();
        assertThat(service.time.pendingTasks()).isZero();
    }
}
