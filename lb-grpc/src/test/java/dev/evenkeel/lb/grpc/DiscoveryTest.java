package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.Environment;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Channels whose source of endpoints has nothing good to say. */
class DiscoveryTest {
    private final Observed source = new Observed();
    private final Fleet fleet =
            Fleet.of(2, settings -> settings.endpoints(source).policy(LoadBalancingPolicy.roundRobin()));

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private ManagedChannel connected() {
        source.listener.onEndpoints(
                fleet.servers.stream().map(TestServer::endpoint).toList());
        return fleet.connectedChannel();
    }

    private void bothGetCalls(ManagedChannel channel) {
        for (int i = 0; i < 20; i++) {
            Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x");
        }
        assertThat(fleet.servers)
                .allSatisfy(server -> assertThat(server.calls.get()).isEqualTo(10));
    }

    @Test
    void anEmptyListLeavesTheLastGoodOneInUse() {
        ManagedChannel channel = connected();
        source.listener.onEndpoints(List.of());
        bothGetCalls(channel);
    }

    @Test
    void aFailureLeavesTheLastGoodListInUse() {
        ManagedChannel channel = connected();
        source.listener.onFailure("the registry is down");
        bothGetCalls(channel);
    }

    @Test
    void aChannelThatIsMadeMeanwhileUsesTheLastGoodListToo() {
        source.listener.onEndpoints(
                fleet.servers.stream().map(TestServer::endpoint).toList());
        source.listener.onFailure("the registry is down");
        source.listener.onEndpoints(List.of());
        bothGetCalls(fleet.connectedChannel());
    }

    @Test
    void aChannelThatIsMadeBeforeThereIsAListWaitsForIt() throws Exception {
        ManagedChannel channel = fleet.channel();
        var call = ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, CallOptions.DEFAULT), "x");
        source.listener.onEndpoints(List.of(fleet.server(0).endpoint()));
        assertThat(call.get(20, TimeUnit.SECONDS))
                .isEqualTo("x@" + fleet.server(0).address());
    }

    @Test
    void aSourceThatFailsBeforeThereIsAListFailsNoCallIfItDoesBetterInTime() throws Exception {
        ManagedChannel channel = fleet.channel();
        source.listener.onFailure("the registry is not up yet");
        var call = ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, CallOptions.DEFAULT), "x");
        Until.until("the channel has asked", () -> channel.getState(true) == ConnectivityState.CONNECTING);
        assertThat(call.isDone()).isFalse();
        source.listener.onEndpoints(List.of(fleet.server(0).endpoint()));
        assertThat(call.get(20, TimeUnit.SECONDS))
                .isEqualTo("x@" + fleet.server(0).address());
    }

    @Test
    void aListThatDoesNotComeIsWaitedForNoLongerThanItsTimeout() throws Exception {
        Observed silent = new Observed();
        try (Fleet late = Fleet.of(1, settings -> settings.endpoints(silent).firstListTimeout(Duration.ofSeconds(1)))) {
            var call = ClientCalls.futureUnaryCall(late.channel().newCall(Echo.GET, CallOptions.DEFAULT), "x");
            Status told = failure(call);
            assertThat(told.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(told.getDescription()).contains("no list yet, the source has not answered");
        }
    }

    private static Status failure(ListenableFuture<String> call) throws Exception {
        try {
            throw new AssertionError("answered " + call.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return Status.fromThrowable(e);
        }
    }

    private List<ListenableFuture<String>> waiting(ManagedChannel channel) {
        return Stream.of(CallOptions.DEFAULT, CallOptions.DEFAULT.withWaitForReady())
                .map(options -> ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, options), "x"))
                .toList();
    }

    @Test
    void whatWaitsForAListIsToldWhenTheLoadBalancerIsClosed() throws Exception {
        List<ListenableFuture<String>> calls = waiting(fleet.channel());
        fleet.loadBalancer.close();
        for (ListenableFuture<String> call : calls) {
            assertThat(failure(call).getDescription()).isEqualTo("orders is closed");
        }
    }

    @Test
    void whatWaitsForAListIsToldWhenThatIsEmpty() throws Exception {
        List<ListenableFuture<String>> calls = waiting(fleet.channel());
        source.listener.onEndpoints(List.of());
        assertThat(failure(calls.get(0)).getDescription()).startsWith("orders has no endpoints");
        assertThat(calls.get(1).isDone()).as("it waits for ready").isFalse();

        fleet.loadBalancer.close();
        assertThat(failure(calls.get(1)).getDescription()).isEqualTo("orders is closed");
    }

    @Test
    void aListOfNothingButOthersFailsNoCall() {
        ManagedChannel channel = connected();
        try (Load load = new Load(channel, Echo.POST, 4)) {
            for (int i = 0; i < 20; i++) {
                load.pass(100);
                TestServer other = new TestServer();
                fleet.servers.add(other);
                source.listener.onEndpoints(List.of(other.endpoint()));
                Until.until("it is called", () -> other.calls.get() > 0);
            }
            load.stop();
            assertThat(load.failures).isEmpty();
        }
    }

    /** Says what the test says, as an observation that may be wrong. */
    private static final class Observed implements EndpointSource {
        private Listener listener;

        @Override
        public Subscription subscribe(Listener newListener, Environment environment) {
            listener = newListener;
            return () -> {};
        }
    }
}
