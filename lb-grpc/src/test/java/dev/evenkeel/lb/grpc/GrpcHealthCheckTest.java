package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A check against gRPC's own health service. */
class GrpcHealthCheckTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HealthStatusManager health = new HealthStatusManager();
    private final TestServer server = new TestServer(builder -> builder.addService(health.getHealthService()));
    private final GrpcHealthCheck check = GrpcHealthCheck.of(InsecureChannelCredentials.create());

    @AfterEach
    void close() {
        server.close();
    }

    private static CheckResult resultOf(GrpcHealthCheck check, Endpoint endpoint) {
        return check.check(new CheckTarget(Fleet.NAME, endpoint, PATIENCE)).join();
    }

    @Test
    void whatServesPassesAndSeesTheNameOfTheService() {
        assertThat(resultOf(check, server.endpoint())).isEqualTo(CheckResult.PASSED);
        assertThat(server.authorities).containsExactly(Fleet.NAME);
    }

    @Test
    void itsAuthorityIsAsOverriddenForItsChannels() {
        assertThat(resultOf(check.overridingAuthority("orders.internal").askingFor(""), server.endpoint()))
                .isEqualTo(CheckResult.PASSED);
        assertThat(server.authorities).containsExactly("orders.internal");
    }

    @Test
    void whatDoesNotServeFailsInItsOwnWords() {
        health.setStatus("", ServingStatus.NOT_SERVING);
        assertThat(resultOf(check, server.endpoint())).isEqualTo(CheckResult.failed("grpc.health.v1: NOT_SERVING"));
        health.setStatus("", ServingStatus.UNKNOWN);
        assertThat(resultOf(check, server.endpoint())).isEqualTo(CheckResult.failed("grpc.health.v1: UNKNOWN"));
    }

    @Test
    void eachServiceOfAServerHasItsOwnStatus() {
        String longName = "shop.Orders" + "x".repeat(200);
        health.setStatus(longName, ServingStatus.NOT_SERVING);
        assertThat(resultOf(check, server.endpoint())).isEqualTo(CheckResult.PASSED);
        assertThat(resultOf(check.askingFor(longName), server.endpoint()))
                .isEqualTo(CheckResult.failed("grpc.health.v1 of " + longName + ": NOT_SERVING"));
    }

    @Test
    void aServiceThatTheServerDoesNotKnowFails() {
        assertThat(resultOf(check.askingFor("shop.Typo"), server.endpoint()).reason())
                .startsWith("grpc.health.v1 of shop.Typo: StatusException: NOT_FOUND");
    }

    @Test
    void aServerWithoutTheHealthServicePasses() {
        try (TestServer plain = new TestServer()) {
            assertThat(resultOf(check, plain.endpoint())).isEqualTo(CheckResult.PASSED);
        }
    }

    @Test
    void namesMayHaveAnUnderscore() {
        assertThat(check.check(new CheckTarget("my_orders", server.endpoint(), PATIENCE))
                        .join())
                .isEqualTo(CheckResult.PASSED);
        assertThat(server.authorities).containsExactly("my_orders");
        assertThat(resultOf(check, Endpoint.of("my_app_1.invalid", 80)).reason())
                .startsWith("grpc.health.v1: UnknownHostException: my_app_1.invalid");
    }

    @Test
    void itFailsWhereNobodyListens() {
        server.kill();
        assertThat(resultOf(check, server.endpoint()).reason())
                .startsWith("grpc.health.v1: StatusException: UNAVAILABLE");
    }

    @Test
    void itFailsInTimeWhereNobodyAnswers() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Endpoint endpoint = Endpoint.of("127.0.0.1", silent.getLocalPort());
            CompletableFuture<CheckResult> result =
                    check.check(new CheckTarget(Fleet.NAME, endpoint, Duration.ofMillis(200)));
            assertThat(result.join().reason()).startsWith("grpc.health.v1: StatusException: DEADLINE_EXCEEDED");
        }
    }

    @Test
    void theLoadBalancerTakesAnEndpointOutWhileItDoesNotServe() {
        try (Fleet fleet = Fleet.of(
                1,
                settings -> settings.policy(LoadBalancingPolicy.roundRobin())
                        .healthCheck(
                                check, new CheckSchedule(Duration.ofSeconds(4), Duration.ofSeconds(3), 1, 1, 32)))) {
            fleet.source.put(server.endpoint());
            ManagedChannel channel = fleet.channel();
            health.setStatus("", ServingStatus.NOT_SERVING);
            Until.until("it is out", () -> !fleet.status(server).availability().isAvailable());
            for (int i = 0; i < 20; i++) {
                assertThat(Fleet.get(channel, "x"))
                        .isEqualTo("x@" + fleet.server(0).address());
            }

            health.setStatus("", ServingStatus.SERVING);
            Until.until("it is used again", () -> {
                Fleet.get(channel, "x");
                return server.calls.get() > 0;
            });
            fleet.settled();
        }
    }
}
