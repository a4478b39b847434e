package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.call.Subset;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.locality.MetadataSubsets;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.inprocess.InProcessSocketAddress;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of a long list a channel connects to what its client uses, and to no more. All endpoints are one server, within the process. */
class SubsettingTest {
    private static final int MANY = 300;
    private static final int USED = 100;
    private static final String SERVER = InProcessServerBuilder.generateName();

    private final AtomicInteger connections = new AtomicInteger(); // that are open
    private final AtomicInteger failing = new AtomicInteger(); // how many calls are to fail
    private final Queue<ManagedChannel> channels = new ConcurrentLinkedQueue<>();
    private final Set<String> asked = ConcurrentHashMap.newKeySet(); // ids whose address was asked for
    private Server server;
    private LoadBalancers services;

    @BeforeEach
    void start() throws IOException {
        server = InProcessServerBuilder.forName(SERVER)
                .addService(ServerServiceDefinition.builder(Echo.SERVICE)
                        .addMethod(Echo.GET, ServerCalls.asyncUnaryCall((request, response) -> {
                            if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                                response.onError(Status.INTERNAL.asRuntimeException());
                            } else {
                                response.onNext(request);
                                response.onCompleted();
                            }
                        }))
                        .build())
                .addTransportFilter(new Connections())
                .build()
                .start();
    }

    @AfterEach
    void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        services.close();
        server.shutdownNow();
    }

    private final class Connections extends ServerTransportFilter {
        @Override
        public Attributes transportReady(Attributes attributes) {
            connections.incrementAndGet();
            return attributes;
        }

        @Override
        public void transportTerminated(Attributes attributes) {
            connections.decrementAndGet();
        }
    }

    private LoadBalancer use(UnaryOperator<Endpoint> describe) {
        LoadBalancer made = LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(IntStream.range(0, MANY)
                        .mapToObj(i -> describe.apply(Endpoint.of("10.0." + i / 250 + "." + i % 250, 80)))
                        .toList()))
                .clientId("pod-7")
                .subsets(MetadataSubsets.by("version"))
                .build();
        services = LoadBalancers.of(made);
        return made;
    }

    private ManagedChannel channel() {
        ManagedChannel channel = EvenkeelGrpc.configure(
                        InProcessChannelBuilder.forTarget("lb:///" + Fleet.NAME), services)
                .setNameResolverArg(EvenkeelGrpc.ADDRESSES, endpoint -> {
                    asked.add(endpoint.id());
                    return new InProcessSocketAddress(SERVER);
                })
                .build();
        channels.add(channel);
        return channel;
    }

    private void settlesAt(int open, ManagedChannel channel) {
        Until.until(open + " connections are open", () -> {
            Fleet.get(channel, "x");
            return connections.get() == open;
        });
    }

    @Test
    void aCallPinnedToAnEndpointThatIsNotUsedIsToldSo() {
        LoadBalancer loadBalancer = use(endpoint -> endpoint);
        String unused = loadBalancer.endpoints().stream()
                .map(status -> status.endpoint().id())
                .filter(id -> !used(loadBalancer).contains(id))
                .findFirst()
                .orElseThrow();
        ManagedChannel channel = channel();
        Fleet.get(channel, "x");

        assertThat(Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT.withOption(EvenkeelGrpc.PIN_ENDPOINT, unused))
                        .getDescription())
                .isEqualTo("orders: the call is pinned to endpoint '" + unused
                        + "', which is none of those that this client uses of a long list");
    }

    private static Set<String> used(LoadBalancer loadBalancer) {
        return loadBalancer.endpoints().stream()
                .filter(status -> !status.availability().has(OutReason.UNUSED))
                .map(status -> status.endpoint().id())
                .collect(Collectors.toSet());
    }

    @Test
    void aChannelConnectsToWhatItsClientUsesAlsoAfterIdlingAndSoDoesAnother() {
        LoadBalancer loadBalancer = use(endpoint -> endpoint);
        ManagedChannel channel = channel();
        settlesAt(USED, channel);
        Set<String> first = Set.copyOf(asked);
        assertThat(first).isEqualTo(used(loadBalancer)).hasSize(USED);

        channel.enterIdle();
        Until.until("all connections are closed", () -> connections.get() == 0);
        settlesAt(USED, channel);
        settlesAt(2 * USED, channel());
        assertThat(asked).as("the same ones").isEqualTo(first);
    }

    @Test
    void oneMoreIsConnectedToWhileOneOfThemIsEjected() {
        LoadBalancer loadBalancer = use(endpoint -> endpoint);
        ManagedChannel channel = channel();
        settlesAt(USED, channel);
        String failed = used(loadBalancer).iterator().next();
        failing.set(5);
        for (int i = 0; i < 5; i++) {
            try {
                Fleet.call(channel, Echo.GET, CallOptions.DEFAULT.withOption(EvenkeelGrpc.PIN_ENDPOINT, failed), "x");
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
            }
        }
        settlesAt(USED + 1, channel);
        assertThat(used(loadBalancer)).hasSize(USED + 1).contains(failed);
    }

    @Test
    void aSubsetThatRequestsMayAskForIsConnectedToAsFarAsItIsUsed() {
        Subset canary = Subset.of("version", "canary");
        LoadBalancer loadBalancer = use(endpoint ->
                endpoint.withMetadata("version", endpoint.id().startsWith("10.0.1.") ? "canary" : "stable"));
        ManagedChannel channel = channel();
        for (int i = 0; i < 100; i++) {
            assertThat(Fleet.call(channel, Echo.GET, CallOptions.DEFAULT.withOption(EvenkeelGrpc.SUBSET, canary), "x"))
                    .isEqualTo("x");
        }
        Set<String> used = used(loadBalancer);
        assertThat(used).hasSizeBetween(USED, 2 * USED).anyMatch(id -> id.startsWith("10.0.1."));
        settlesAt(used.size(), channel);
        assertThat(asked).isEqualTo(used);
    }
}
