package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.internal.testing.TestUtils;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.testing.TlsTesting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whose name is in the certificate: it is never an address. */
class TlsTest {
    private static final String NAME_IN_CERTIFICATE = TestUtils.TEST_SERVER_HOST;

    private final TestServer server = new TestServer(TlsTest::secure);
    private final LoadBalancers services = LoadBalancers.of(LoadBalancer.builder(Fleet.NAME)
            .endpoints(EndpointSource.of(List.of(server.endpoint())))
            .build());
    private final List<LoadBalancer> others = new ArrayList<>();
    private ManagedChannel channel;

    private static NettyServerBuilder secure(NettyServerBuilder plain) {
        try {
            return plain.sslContext(
                    GrpcSslContexts.forServer(TlsTesting.loadCert("server1.pem"), TlsTesting.loadCert("server1.key"))
                            .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ChannelCredentials credentials() {
        try {
            return TlsChannelCredentials.newBuilder()
                    .trustManager(TlsTesting.loadCert("ca.pem"))
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ManagedChannelBuilder<?> builder() {
        return EvenkeelGrpc.configure(Grpc.newChannelBuilder("lb:///" + Fleet.NAME, credentials()), services)
                .setNameResolverArg(EvenkeelGrpc.LIVENESS_INTERVAL, Duration.ofSeconds(1));
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        services.close();
        others.forEach(LoadBalancer::close);
        server.close();
    }

    @Test
    void aServerWithoutTheNameOfTheServiceIsRefusedAndTheCallSaysWhy() {
        channel = builder().build();
        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .contains(server.address())
                .doesNotContain("null")
                .matches("(?is).*certificate.*");
        assertThat(server.calls.get()).isZero();
    }

    private ManagedChannel channelTo(Endpoint endpoint) {
        LoadBalancer orders = LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(List.of(endpoint)))
                .build();
        others.add(orders);
        channel = EvenkeelGrpc.configure(
                        Grpc.newChannelBuilder("lb:///" + Fleet.NAME, credentials()), LoadBalancers.of(orders))
                .build();
        return channel;
    }

    @Test
    void anEndpointsOwnAuthorityIsWhatTlsChecksAndServersSee() {
        Endpoint endpoint = server.endpoint().withAuthority(NAME_IN_CERTIFICATE).withBasePath("/v2");

        try (Log log = Log.of(Level.ALL)) {
            assertThat(Fleet.get(channelTo(endpoint), "x")).startsWith("x@");
            assertThat(log.messages)
                    .singleElement()
                    .asString()
                    .contains("base path /v2, which has no effect over gRPC");
        }
        assertThat(GrpcHealthCheck.of(credentials())
                        .check(new CheckTarget(Fleet.NAME, endpoint, Duration.ofSeconds(20)))
                        .join())
                .isEqualTo(CheckResult.PASSED);
        assertThat(server.authorities).isNotEmpty().containsOnly(NAME_IN_CERTIFICATE);
    }

    @Test
    void anEndpointThatDoesNotProveItsOwnAuthorityIsRefused() {
        Endpoint endpoint = server.endpoint().withAuthority("api.eu.example.org");

        Status status =
                Fleet.fail(channelTo(endpoint), Echo.GET, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).matches("(?is).*certificate.*");
        assertThat(server.calls.get()).isZero();
    }

    @Test
    void anotherAuthorityIsWhatTlsChecksAndServersSee() {
        channel = builder().overrideAuthority(NAME_IN_CERTIFICATE).build();
        assertThat(Fleet.get(channel, "x")).startsWith("x@");
        assertThat(server.authorities).containsExactly(NAME_IN_CERTIFICATE);
    }

    @Test
    void aSilentCallIsAskedForOverTlsToo() {
        channel = builder().overrideAuthority(NAME_IN_CERTIFICATE).build();
        server.hang();
        var call = ClientCalls.futureUnaryCall(channel.newCall(Echo.POST, CallOptions.DEFAULT), "x");
        Until.until("it was asked", () -> server.questions.get() >= 3);
        assertThat(call.isDone()).isFalse();
        call.cancel(true);
    }

    @Test
    void healthChecksNeedTheSameAuthority() {
        channel = builder().build();
        GrpcHealthCheck check = GrpcHealthCheck.of(credentials());
        CheckTarget target = new CheckTarget(Fleet.NAME, server.endpoint(), Duration.ofSeconds(20));
        assertThat(check.check(target).join()).isNotEqualTo(CheckResult.PASSED);
        assertThat(check.overridingAuthority(NAME_IN_CERTIFICATE).check(target).join())
                .isEqualTo(CheckResult.PASSED);
    }
}
