package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hedges that an application asks gRPC for in a service config of its own. */
class HedgeTest {
    /** It names no policy: {@link EvenkeelGrpc#configure} has done that. */
    private static final Map<String, ?> HEDGE = Map.of(
            "methodConfig",
            List.of(Map.of(
                    "name", List.of(Map.of()),
                    "hedgingPolicy",
                            Map.of(
                                    "maxAttempts",
                                    3.0,
                                    "hedgingDelay",
                                    "0.02s",
                                    "nonFatalStatusCodes",
                                    List.of("UNAVAILABLE")))));

    private Fleet fleet;

    private ManagedChannel use(RetryBudget.Settings budget) {
        fleet = Fleet.of(
                3, settings -> settings.policy(LoadBalancingPolicy.random()).retryBudget(budget));
        ManagedChannel channel =
                fleet.open(fleet.builder().disableServiceConfigLookUp().defaultServiceConfig(HEDGE));
        return fleet.connect(channel);
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void hedgesGoToEndpointsWhereTheCallIsNotAlready() {
        ManagedChannel channel = use(RetryBudget.Settings.DEFAULT);
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
    }

    @Test
    void aHedgeThatTheBudgetDeniesDoesNotHarmTheFirstAttempt() {
        ManagedChannel channel = use(new RetryBudget.Settings(0, 0, Duration.ofSeconds(10)));
        AtomicInteger attempts = new AtomicInteger();
        CallOptions counted = CallOptions.DEFAULT.withStreamTracerFactory(new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
                attempts.incrementAndGet();
                return new ClientStreamTracer() {};
            }
        });
        fleet.servers.forEach(server -> server.behaviour = (request, response) -> {
            Until.until("gRPC has tried to hedge", () -> attempts.get() > 1);
            server.echo.answer(request, response);
        });

        assertThat(Fleet.call(channel, Echo.GET, counted, "x")).startsWith("x@");
        assertThat(fleet.calls()).isEqualTo(1);
    }
}
