package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ClientCalls;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A link-local address means nothing without the link it is on. */
class LinkLocalTest {
    @Test
    void anEndpointWithAScopeIsReachedAndCanBeChecked() throws Exception {
        List<InetAddress> linkLocal = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet6Address && address.isLinkLocalAddress())
                .toList();
        assumeFalse(linkLocal.isEmpty(), "this machine has no link-local address");
        Inet6Address own = (Inet6Address) linkLocal.get(0);
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(own, 0))
                .addService(new HealthStatusManager().getHealthService())
                .build()
                .start();
        String ip = own.getHostAddress().replaceFirst("%.*", "");
        try {
            for (String scope : List.of(own.getScopedInterface().getName(), String.valueOf(own.getScopeId()))) {
                Endpoint endpoint = Endpoint.of(ip + "%" + scope, server.getPort());
                CheckResult checked = GrpcHealthCheck.of(InsecureChannelCredentials.create())
                        .check(new CheckTarget("orders", endpoint, Duration.ofSeconds(20)))
                        .join();
                assertThat(checked).as(endpoint.address()).isEqualTo(CheckResult.PASSED);
                call(endpoint);
            }
        } finally {
            server.shutdownNow();
        }
    }

    private static void call(Endpoint endpoint) {
        try (LoadBalancer orders = LoadBalancer.builder("orders")
                .endpoints(EndpointSource.of(List.of(endpoint)))
                .build()) {
            ManagedChannel channel = EvenkeelGrpc.configure(
                            NettyChannelBuilder.forTarget("lb:///orders", InsecureChannelCredentials.create()),
                            LoadBalancers.of(orders))
                    .build();
            try {
                assertThat(ClientCalls.blockingUnaryCall(
                                channel,
                                HealthGrpc.getCheckMethod(),
                                CallOptions.DEFAULT.withDeadlineAfter(20, java.util.concurrent.TimeUnit.SECONDS),
                                HealthCheckRequest.getDefaultInstance()))
                        .as(endpoint.address())
                        .isNotNull();
            } finally {
                channel.shutdownNow();
            }
        }
    }
}
