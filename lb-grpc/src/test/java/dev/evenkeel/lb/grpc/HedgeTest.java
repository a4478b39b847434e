package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Hedges that an application asks gRPC for in a service config of its own. */
class HedgeTest {
    private static final RetryBudget.Settings NO_BUDGET = new RetryBudget.Settings(0, 0, Duration.ofSeconds(10));

    private Fleet fleet;

    /** Names no policy, as {@link EvenkeelGrpc#configure} has done that. Hedges after 20 ms; by gRPC's rules an error ends the call unless it is named as not fatal, and by default none is. */
    private static Map<String, ?> hedging(List<String> nonFatal) {
        return Map.of(
                "methodConfig",
                List.of(Map.of(
                        "name", List.of(Map.of()),
                        "hedgingPolicy",
                                Map.of("maxAttempts", 3.0, "hedgingDelay", "0.02s", "nonFatalStatusCodes", nonFatal))));
    }

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();

    private ManagedChannel use(RetryBudget.Settings budget, List<String> nonFatal) {
        fleet = Fleet.of(
                3,
                settings -> settings.policy(LoadBalancingPolicy.random())
                        .retryBudget(budget)
                        .environment(ToldAtOnce.environment())
                        .listener(new LoadBalancerListener() {
                            @Override
                            public void onEvent(Event event) {
                                events.add(event);
                            }
                        }));
        ManagedChannel channel =
                fleet.open(fleet.builder().disableServiceConfigLookUp().defaultServiceConfig(hedging(nonFatal)));
        return fleet.connect(channel);
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void hedgesGoToEndpointsWhereTheCallIsNotAlready() {
        ManagedChannel channel = use(RetryBudget.Settings.DEFAULT, List.of("UNAVAILABLE"));
        events.clear();
        fleet.servers.forEach(server -> server.behaviour = (request, response) -> {
            if (fleet.calls() < 3) {
                return; // never answered, so it is cancelled when another wins
            }
            server.echo.answer(request, response);
        });

        Fleet.get(channel, "x");

        assertThat(fleet.servers)
                .allSatisfy(server -> assertThat(server.calls.get()).isEqualTo(1));
        fleet.settled();
        assertThat(fleet.loadBalancer.endpoints())
                .as("lost hedges are nobody's fault")
                .allSatisfy(status -> assertThat(status.failures()).isZero());
        assertThat(events).filteredOn(event -> event.type() == Event.Type.HEDGE).hasSize(2);
        assertThat(events)
                .as("nothing was repeated, as nothing had failed")
                .noneMatch(event -> event.type() == Event.Type.RETRY);
    }

    private static List<List<String>> nonFatal() {
        return List.of(List.of(), List.of("UNAVAILABLE"));
    }

    @ParameterizedTest
    @MethodSource("nonFatal")
    void aHedgeThatTheBudgetDeniesDoesNotHarmTheFirstAttempt(List<String> nonFatal) {
        ManagedChannel channel = use(NO_BUDGET, nonFatal);
        long begun = System.nanoTime();
        fleet.servers.forEach(server -> server.behaviour = (request, response) -> {
            Until.until("hedges are long due", () -> System.nanoTime() - begun > 200_000_000);
            server.echo.answer(request, response);
        });

        assertThat(Fleet.get(channel, "x")).startsWith("x@");
        assertThat(fleet.calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("nonFatal")
    void aCallWhoseHedgeIsDeniedEndsWhenItsFirstAttemptFails(List<String> nonFatal) {
        ManagedChannel channel = use(NO_BUDGET, nonFatal);
        long begun = System.nanoTime();
        fleet.servers.forEach(server -> server.behaviour = (request, response) -> {
            Until.until("hedges are long due", () -> System.nanoTime() - begun > 200_000_000);
            response.onError(Status.UNAVAILABLE.withDescription("out of order").asRuntimeException());
        });

        assertThat(Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT).getDescription())
                .isEqualTo("out of order");
        assertThat(fleet.calls()).isEqualTo(1);
    }
}
