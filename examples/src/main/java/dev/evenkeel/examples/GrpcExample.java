package dev.evenkeel.examples;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.grpc.EvenkeelGrpc;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * gRPC over three servers, one of which begins to fail halfway. Run it with {@code ./mvnw -q -Pdemo -pl examples -am process-classes
 * -Dexample=GrpcExample}.
 */
public final class GrpcExample {
    private GrpcExample() {}

    /** Makes a thousand calls, has a server fail every call, and makes a thousand more. That B is out is what the load balancer logs. */
    public static void main(String[] args) throws IOException, InterruptedException {
        List<OrderServer> servers = List.of(new OrderServer("A"), new OrderServer("B"), new OrderServer("C"));

        LoadBalancer balancer = LoadBalancer.builder("orders")
                .endpoints(EndpointSource.of(
                        servers.stream().map(OrderServer::endpoint).toList()))
                .policy(LoadBalancingPolicy.roundRobin()) // to see them take turns; the default prefers the fastest
                .build();
        try (LoadBalancers services = LoadBalancers.of(balancer)) {
            ManagedChannel channel = EvenkeelGrpc.configure(
                            Grpc.newChannelBuilder("lb:///orders", InsecureChannelCredentials.create()), services)
                    .build();

            thousandCalls(channel);
            servers.get(1).fail();
            System.out.println("B fails every call from now on");
            thousandCalls(channel);
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        } finally {
            for (OrderServer server : servers) {
                server.stop();
            }
        }
    }

    private static void thousandCalls(Channel channel) {
        Map<String, Integer> answers = new TreeMap<>();
        int failed = 0;
        for (int i = 0; i < 1000; i++) {
            try {
                // What the blocking stub does that protoc writes.
                String server = ClientCalls.blockingUnaryCall(channel, OrderServer.GET, CallOptions.DEFAULT, "42");
                answers.merge(server, 1, Integer::sum);
            } catch (StatusRuntimeException e) {
                failed++;
            }
        }
        System.out.println("1000 calls: answered by " + answers + ", failed " + failed);
    }
}
