package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.StickySessions;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that may go to one endpoint only. */
class PinTest {
    private Fleet fleet;

    private Fleet use(int servers, UnaryOperator<LoadBalancerBuilder> settings) {
        fleet = Fleet.of(servers, defaults -> settings.apply(defaults.policy(LoadBalancingPolicy.roundRobin())));
        return fleet;
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private static CallOptions pinnedTo(TestServer server) {
        return CallOptions.DEFAULT.withOption(EvenkeelGrpc.PIN_ENDPOINT, server.address());
    }

    private String get(ManagedChannel channel, TestServer server) {
        return Fleet.call(channel, Echo.GET, pinnedTo(server), "x");
    }

    @Test
    void aPinnedCallGoesToItsEndpoint() {
        use(3, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        for (int i = 0; i < 10; i++) {
            assertThat(get(channel, fleet.server(1)))
                    .isEqualTo("x@" + fleet.server(1).address());
        }
        assertThat(fleet.calls()).isEqualTo(fleet.server(1).calls.get()).isEqualTo(10);
    }

    @Test
    void itGoesThereWhateverIsHeldAgainstTheEndpoint() {
        use(3, settings -> settings.retry(RetryPolicy.NONE));
        ManagedChannel channel = fleet.connectedChannel();
        TestServer ejected = fleet.server(0);
        ejected.failWith(Status.INTERNAL);
        Until.until("it is ejected", () -> {
            try {
                Fleet.get(channel, "x");
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
            }
            return fleet.status(ejected).availability().has(OutReason.EJECTED);
        });
        ejected.behaviour = ejected.echo;
        assertThat(get(channel, ejected)).isEqualTo("x@" + ejected.address());

        fleet.loadBalancer.drain(fleet.server(1).address());
        assertThat(get(channel, fleet.server(1)))
                .isEqualTo("x@" + fleet.server(1).address());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itIsNotRepeatedAndFailsAsTheEndpointSaid(boolean withInterceptor) {
        use(3, settings -> settings);
        ManagedChannel channel = fleet.connect(fleet.open(withInterceptor ? fleet.builder() : fleet.plainBuilder()));
        fleet.server(0).failWith(Status.UNAVAILABLE.withDescription("no room"));

        Status status = Fleet.fail(channel, Echo.GET, pinnedTo(fleet.server(0)));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("no room");
        assertThat(fleet.calls()).isEqualTo(1);
    }

    @Test
    void itIsNotRepeatedWhenItsConnectionIsLost() {
        use(2, settings -> settings);
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.remove(fleet.server(0).address());
            fleet.source.put(wire.endpoint());
            ManagedChannel channel = fleet.connectedChannel();
            fleet.server(0).behaviour = (request, response) -> wire.cut();

            Status status = Fleet.fail(
                    channel,
                    Echo.GET,
                    CallOptions.DEFAULT.withOption(
                            EvenkeelGrpc.PIN_ENDPOINT, wire.endpoint().id()));

            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).doesNotContain("pinned");
            assertThat(fleet.calls()).isEqualTo(1);
        }
    }

    @Test
    void itIsNotHedged() {
        use(2, settings -> settings);
        Map<String, ?> hedge = Map.of(
                "loadBalancingConfig", List.of(Map.of("evenkeel", Map.of())),
                "methodConfig",
                        List.of(Map.of(
                                "name", List.of(Map.of()),
                                "hedgingPolicy",
                                        Map.of(
                                                "maxAttempts",
                                                2.0,
                                                "hedgingDelay",
                                                "0.01s")))); // and by default every error is fatal
        ManagedChannel channel = fleet.connect(
                fleet.open(fleet.builder().disableServiceConfigLookUp().defaultServiceConfig(hedge)));
        TestServer slow = fleet.server(0);
        long begun = System.nanoTime();
        slow.behaviour = (request, response) -> {
            Until.until("a hedge is long due", () -> System.nanoTime() - begun > 100_000_000);
            slow.echo.answer(request, response);
        };

        assertThat(get(channel, slow)).isEqualTo("x@" + slow.address());
        assertThat(fleet.calls()).isEqualTo(1);
    }

    @Test
    void itFailsIfItsEndpointIsNotInTheListAndSaysSo() {
        use(2, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        TestServer removed = fleet.server(0);
        assertThat(get(channel, removed)).startsWith("x@");
        fleet.source.remove(removed.address());
        Until.until(
                "the load balancer knows", () -> fleet.loadBalancer.endpoints().size() == 1);

        Status status = Fleet.fail(channel, Echo.GET, pinnedTo(removed));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .isEqualTo("orders: the call is pinned to endpoint '" + removed.address()
                        + "', which is not in the list of endpoints");
    }

    @Test
    void itFailsIfItsEndpointCannotBeConnectedToAndSaysWhy() {
        use(2, settings -> settings);
        fleet.server(0).kill();
        ManagedChannel channel = fleet.channel();

        Status status = Fleet.fail(channel, Echo.GET, pinnedTo(fleet.server(0)));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .startsWith("orders: the call is pinned to endpoint '"
                        + fleet.server(0).address() + "', which cannot be connected to: ");

        fleet.server(1).kill();
        Until.until("nothing is connected", () -> {
            Status other = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
            return String.valueOf(other.getDescription()).contains("none of 2 endpoints can be connected to");
        });
        assertThat(Fleet.fail(channel, Echo.GET, pinnedTo(fleet.server(1))).getDescription())
                .startsWith("orders: the call is pinned to endpoint '"
                        + fleet.server(1).address() + "', which cannot be connected to: ");
    }

    @Test
    void itWaitsForItsEndpointIfItSaysSo() throws Exception {
        use(1, settings -> settings);
        ManagedChannel channel = fleet.connectedChannel();
        TestServer joining = new TestServer();
        ListenableFuture<String> call = ClientCalls.futureUnaryCall(
                channel.newCall(Echo.GET, pinnedTo(joining).withWaitForReady()), "x");
        Fleet.get(channel, "y"); // so that gRPC has seen the one before
        assertThat(call.isDone()).isFalse();

        fleet.servers.add(joining);
        fleet.source.put(joining.endpoint());
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo("x@" + joining.address());
    }

    @Test
    void aNewChannelConnectsBeforeItSaysThatItCannot() {
        use(3, settings -> settings);
        ManagedChannel channel = fleet.channel();
        assertThat(get(channel, fleet.server(2)))
                .isEqualTo("x@" + fleet.server(2).address());
    }

    @Test
    void aLimitInFlightHoldsForPinnedCallsToo() {
        use(2, settings -> settings.maxInFlightPerEndpoint(1));
        ManagedChannel channel = fleet.connectedChannel();
        TestServer full = fleet.server(0);
        full.hang();
        ListenableFuture<String> call = ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, pinnedTo(full)), "x");
        Until.until("it is in flight", () -> fleet.inFlight() == 1);

        Status status = Fleet.fail(channel, Echo.GET, pinnedTo(full).withWaitForReady());
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .isEqualTo("orders: " + full.address()
                        + " has as many attempts in flight as maxInFlightPerEndpoint allows");
        call.cancel(true);
    }

    @Test
    void aServiceConfigOfTheUsersMayRepeatItAtItsEndpointWhereCallsAreNotRemembered() {
        use(2, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        fleet.server(0).behaviour = (request, response) -> response.onError(Status.UNAVAILABLE.asRuntimeException());
        ManagedChannel channel = fleet.open(fleet.plainBuilder()
                .disableServiceConfigLookUp()
                .defaultServiceConfig(Map.of(
                        "loadBalancingConfig",
                        List.of(Map.of("evenkeel", Map.of())),
                        "methodConfig",
                        List.of(Map.of(
                                "name",
                                List.of(Map.of()),
                                "retryPolicy",
                                Map.of(
                                        "maxAttempts",
                                        3.0,
                                        "initialBackoff",
                                        "0.001s",
                                        "maxBackoff",
                                        "0.001s",
                                        "backoffMultiplier",
                                        1.0,
                                        "retryableStatusCodes",
                                        List.of("UNAVAILABLE")))))));
        Status status = Fleet.fail(
                channel,
                Echo.GET,
                pinnedTo(fleet.server(0)).withWaitForReady().withDeadlineAfter(20, TimeUnit.SECONDS));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(fleet.server(0).calls.get()).isEqualTo(3);
        assertThat(fleet.server(1).calls.get()).isZero();
    }

    @Test
    void itsPinComesBeforeItsSessionAndItsKey() {
        fleet = Fleet.of(
                3, settings -> settings.policy(LoadBalancingPolicy.ringHash()).stickySessions(StickySessions.DEFAULT));
        ManagedChannel channel = fleet.channel();
        CallOptions placed = CallOptions.DEFAULT
                .withOption(EvenkeelGrpc.AFFINITY_KEY, "alice")
                .withOption(EvenkeelGrpc.SESSION, "s");
        String home = Fleet.call(channel, Echo.GET, placed, "x");
        assertThat(fleet.servers)
                .allSatisfy(server -> assertThat(Fleet.call(
                                channel, Echo.GET, placed.withOption(EvenkeelGrpc.PIN_ENDPOINT, server.address()), "x"))
                        .isEqualTo("x@" + server.address()));
        assertThat(Fleet.call(channel, Echo.GET, placed, "x"))
                .as("and moves neither")
                .isEqualTo(home);
    }
}
