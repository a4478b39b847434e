package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.observe.EndpointStatus;
import io.grpc.ForwardingServerBuilder;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.netty.InternalNettyChannelBuilder;
import io.grpc.netty.InternalNettyServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.testing.integration.AbstractInteropTest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** gRPC's own interoperability tests, over our resolver and policy and three endpoints. */
public abstract class InteropSuite extends AbstractInteropTest {
    private Server server;
    private LoadBalancer loadBalancer;

    abstract String service();

    abstract LoadBalancerBuilder settings(LoadBalancerBuilder defaults);

    abstract NettyServerBuilder secure(NettyServerBuilder plain);

    abstract NettyChannelBuilder channel(String target);

    @Override
    protected ServerBuilder<?> getServerBuilder() {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        NettyServerBuilder builder = secure(NettyServerBuilder.forAddress(any))
                .addListenAddress(any)
                .addListenAddress(any)
                .flowControlWindow(AbstractInteropTest.TEST_FLOW_CONTROL_WINDOW)
                .maxInboundMessageSize(AbstractInteropTest.MAX_MESSAGE_SIZE);
        InternalNettyServerBuilder.setStatsEnabled(builder, false);
        builder.addStreamTracerFactory(createCustomCensusTracerFactory());
        return new Remembering(builder);
    }

    private LoadBalancer newLoadBalancer(Server started) {
        List<Endpoint> endpoints = started.getListenSockets().stream()
                .map(address -> Endpoint.of("127.0.0.1:" + ((InetSocketAddress) address).getPort()))
                .toList();
        return settings(LoadBalancer.builder(service()).endpoints(EndpointSource.of(endpoints)))
                .build();
    }

    @Override
    protected ManagedChannelBuilder<?> createChannelBuilder() {
        loadBalancer = newLoadBalancer(server);
        NettyChannelBuilder builder = EvenkeelGrpc.configure(
                        channel("lb:///" + service()), LoadBalancers.of(loadBalancer))
                .flowControlWindow(AbstractInteropTest.TEST_FLOW_CONTROL_WINDOW)
                .maxInboundMessageSize(AbstractInteropTest.MAX_MESSAGE_SIZE);
        InternalNettyChannelBuilder.setStatsEnabled(builder, false);
        return builder.intercept(createCensusStatsClientInterceptor());
    }

    @Override
    public void tearDown() {
        super.tearDown();
        try {
            Until.until("nothing is in flight", () -> inFlight() == 0);
            assertThat(loadBalancer.endpoints()).hasSize(3);
        } finally {
            loadBalancer.close();
        }
    }

    private int inFlight() {
        return loadBalancer.endpoints().stream()
                .mapToInt(EndpointStatus::inFlight)
                .sum();
    }

    /** The suite keeps the server to itself, and we need its three ports. */
    private final class Remembering extends ForwardingServerBuilder<Remembering> {
        private final ServerBuilder<?> builder;

        Remembering(ServerBuilder<?> builder) {
            this.builder = builder;
        }

        @Override
        protected ServerBuilder<?> delegate() {
            return builder;
        }

        @Override
        public Server build() {
            server = super.build();
            return server;
        }
    }
}
