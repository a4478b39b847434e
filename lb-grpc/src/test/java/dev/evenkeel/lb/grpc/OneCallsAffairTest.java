package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known of a call is known of that call alone, and not for longer than it lasts, with the resolver alone too. */
class OneCallsAffairTest {
    private static final RetryPolicy QUICK = new RetryPolicy(3, new Backoff(Duration.ZERO, Duration.ZERO));

    private static void call(ManagedChannel channel, Metadata headers, BiConsumer<Status, String> end) {
        ClientCall<String, String> call = channel.newCall(Echo.POST, CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    private String answer = "";

                    @Override
                    public void onMessage(String message) {
                        answer = message;
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.accept(status, answer);
                    }
                },
                headers);
        call.request(2);
        call.sendMessage("x");
        call.halfClose();
    }

    @Test
    void noCallEndsAsAnotherOneDid() throws Exception {
        try (Fleet fleet = Fleet.of(1, settings -> settings.retry(QUICK).panicThreshold(1))) {
            ManagedChannel channel =
                    fleet.connect(fleet.open(fleet.plainBuilder().directExecutor()));
            fleet.server(0).failWith(Status.UNAVAILABLE.withDescription("of one customer"));
            Metadata forwarded = new Metadata();
            forwarded.put(Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER), "1");
            CompletableFuture<String> other = new CompletableFuture<>();
            call(channel, new Metadata(), (status, answer) -> { // on the thread that saw it fail
                fleet.server(0).behaviour = fleet.server(0).echo;
                call(channel, forwarded, (its, theirs) -> other.complete(its.getDescription() + theirs));
            });

            assertThat(other.get(20, TimeUnit.SECONDS)).startsWith("null" + "x@");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClosedLoadBalancerIsNotKept(boolean configured) {
        try (TestServer server = new TestServer()) {
            server.failWith(Status.UNAVAILABLE);
            List<WeakReference<LoadBalancer>> closed = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                closed.add(usedAndClosed(server, configured));
            }
            Until.until("all are forgotten", () -> {
                System.gc();
                return closed.stream().allMatch(one -> one.get() == null);
            });
        }
    }

    private static WeakReference<LoadBalancer> usedAndClosed(TestServer server, boolean configured) {
        LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
                .endpoints(MutableEndpointSource.of(List.of(server.endpoint())))
                .build();
        LoadBalancers services = LoadBalancers.of(service);
        ManagedChannelBuilder<?> builder =
                NettyChannelBuilder.forTarget("lb:///" + Fleet.NAME, InsecureChannelCredentials.create());
        ManagedChannel channel = (configured
                        ? EvenkeelGrpc.configure(builder, services)
                        : builder.setNameResolverArg(EvenkeelGrpc.SERVICES, services))
                .build();
        Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT);
        channel.shutdownNow();
        Until.until("the channel has ended", channel::isTerminated);
        service.close();
        return new WeakReference<>(service);
    }
}
