package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of channels as endpoints, connections and the channels themselves come and go. */
class ChannelTest {
    private Fleet fleet;

    private Fleet use(int servers, UnaryOperator<LoadBalancerBuilder> settings) {
        fleet = Fleet.of(servers, settings);
        return fleet;
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    private void failUntilEjected(ManagedChannel channel, TestServer server) {
        server.failWith(Status.INTERNAL);
        Until.until("it is ejected", () -> {
            callOrFail(channel);
            return fleet.status(server).availability().has(OutReason.EJECTED);
        });
        fleet.settled();
        fleet.servers.forEach(one -> one.calls.set(0));
    }

    private static void callOrFail(ManagedChannel channel) {
        try {
            Fleet.get(channel, "x");
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        }
    }

    @Test
    void whatOneChannelLearnsTheOthersOfTheServiceKnow() {
        use(3, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        ManagedChannel one = fleet.connectedChannel();
        ManagedChannel other = fleet.connect(fleet.channel());
        failUntilEjected(one, fleet.server(0));

        for (int i = 0; i < 30; i++) {
            Fleet.get(other, "x");
        }
        assertThat(fleet.server(0).calls.get()).isZero();
    }

    @Test
    void channelsOfOtherLoadBalancersKnowNothing() {
        use(3, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        failUntilEjected(fleet.connectedChannel(), fleet.server(0));
        LoadBalancers apart = LoadBalancers.of(LoadBalancer.builder(Fleet.NAME)
                .endpoints(fleet.source)
                .policy(LoadBalancingPolicy.roundRobin())
                .build());
        ManagedChannel channel = fleet.open(EvenkeelGrpc.configure(
                NettyChannelBuilder.forTarget("lb:///" + Fleet.NAME, InsecureChannelCredentials.create()), apart));

        Until.until("it goes there", () -> {
            callOrFail(channel);
            return fleet.server(0).calls.get() > 0;
        });
        apart.close();
    }

    @Test
    void aChannelThatWasIdleHasForgottenNothing() {
        use(3, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        ManagedChannel channel = fleet.connectedChannel();
        failUntilEjected(channel, fleet.server(0));

        channel.enterIdle();
        Until.until("it is idle", () -> channel.getState(false) == ConnectivityState.IDLE);
        for (int i = 0; i < 30; i++) {
            Fleet.get(channel, "x");
        }
        assertThat(fleet.server(0).calls.get()).isZero();
    }

    @Test
    void aChannelThatIsMadeAnewFindsTheWeightsAndEjectionsOfTheOneBefore() {
        use(3, settings -> settings.retry(RetryPolicy.NONE).policy(LoadBalancingPolicy.weightedRoundRobin()));
        ManagedChannel before = fleet.connectedChannel();
        failUntilEjected(before, fleet.server(0));
        fleet.server(1).failWith(Status.RESOURCE_EXHAUSTED);
        Until.until("it has asked for less", () -> {
            try {
                Fleet.get(before, "x");
            } catch (StatusRuntimeException e) {
                return true;
            }
            return false;
        });
        fleet.server(1).behaviour = fleet.server(1).echo;
        before.shutdownNow();
        Until.until("it has ended", before::isTerminated);

        ManagedChannel channel = fleet.channel();
        Until.until("both are connected to", () -> {
            Fleet.get(channel, "x");
            return fleet.server(1).calls.get() > 0 && fleet.server(2).calls.get() > 0;
        });
        fleet.servers.forEach(server -> server.calls.set(0));
        for (int i = 0; i < 200; i++) {
            Fleet.get(channel, "x");
        }
        assertThat(fleet.server(0).calls.get()).as("ejected").isZero();
        assertThat(fleet.server(1).calls.get())
                .as("asked for less")
                .isPositive()
                .isLessThan(fleet.server(2).calls.get() * 3 / 4);
    }

    @Test
    void whenAllAreOutAllAreUsed() {
        HealthCheck failing = target -> CompletableFuture.completedFuture(CheckResult.failed("always"));
        use(
                2,
                settings -> settings.policy(LoadBalancingPolicy.roundRobin())
                        .healthCheck(
                                failing, new CheckSchedule(Duration.ofMillis(100), Duration.ofMillis(80), 1, 1, 32)));
        ManagedChannel channel = fleet.connectedChannel();
        Until.until(
                "all are out",
                () -> fleet.servers.stream()
                        .allMatch(server -> fleet.status(server).availability().has(OutReason.PROBE_FAILED)));
        fleet.servers.forEach(server -> server.calls.set(0));
        for (int i = 0; i < 20; i++) {
            Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x");
        }
        assertThat(fleet.servers)
                .allSatisfy(server -> assertThat(server.calls.get()).isEqualTo(10));
    }

    @Test
    void whenAllFailTogetherNobodyIsEjectedAndAllAreUsed() {
        use(2, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        ManagedChannel channel = fleet.connectedChannel();
        fleet.servers.forEach(server -> server.failWith(Status.INTERNAL));
        for (int i = 0; i < 60; i++) {
            assertThat(Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT).getCode())
                    .isEqualTo(Status.Code.INTERNAL);
        }
        assertThat(fleet.servers).allSatisfy(server -> {
            assertThat(fleet.status(server).availability().isAvailable()).isTrue();
            assertThat(server.calls.get()).isBetween(25, 35);
        });
    }

    @Test
    void removingAnEndpointFailsNoCallAndItsConnectionIsThereWhenItReturns() throws InterruptedException {
        use(2, settings -> settings.retry(RetryPolicy.NONE).policy(LoadBalancingPolicy.roundRobin()));
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.remove(fleet.server(0).address());
            fleet.source.put(wire.endpoint());
            ManagedChannel channel = fleet.connectedChannel();
            int calls = 500;
            Semaphore called = new Semaphore(1); // once for each call, or it would keep the channel from all else
            Thread flapping = new Thread(() -> {
                for (int i = 0; i < calls; i++) {
                    called.acquireUninterruptibly();
                    fleet.source.remove(wire.endpoint().id());
                    fleet.source.put(wire.endpoint());
                }
            });
            flapping.start();
            try {
                for (int i = 0; i < calls; i++) {
                    Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x");
                    called.release();
                }
            } finally {
                called.release(calls);
                flapping.join();
            }
            assertThat(wire.connections.get()).isEqualTo(1);
            fleet.server(0).calls.set(0);
            Until.until("it is used again", () -> {
                Fleet.get(channel, "x");
                return fleet.server(0).calls.get() > 0;
            });
            assertThat(wire.connections.get()).isEqualTo(1);
        }
    }

    @Test
    void anEndpointThatJoinsGetsCalls() {
        use(1, settings -> settings.policy(LoadBalancingPolicy.roundRobin()));
        ManagedChannel channel = fleet.connectedChannel();
        TestServer joining = new TestServer();
        fleet.servers.add(joining);
        fleet.source.put(joining.endpoint());

        Until.until("it gets calls", () -> {
            Fleet.get(channel, "x");
            return joining.calls.get() > 0;
        });
    }

    @Test
    void withNothingConnectedCallsFailWithTheReasonOrWaitIfTheySaySo() throws Exception {
        use(1, settings -> settings.retry(RetryPolicy.NONE));
        TestServer server = fleet.server(0);
        server.kill();
        ManagedChannel channel = fleet.channel();

        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .contains("orders: none of 1 endpoints can be connected to, among them " + server.address());

        ListenableFuture<String> waiting =
                ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, CallOptions.DEFAULT.withWaitForReady()), "x");
        assertThat(waiting.isDone()).isFalse();
        server.start();
        assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo("x@" + server.address());
    }

    @Test
    void whenTheLoadBalancerIsClosedBeforeItsChannelsTheirCallsFailAndSayWhy() {
        use(2, settings -> settings);
        ManagedChannel used = fleet.connectedChannel();
        ManagedChannel unused = fleet.channel();
        fleet.loadBalancer.close();
        CallOptions pinned = CallOptions.DEFAULT.withOption(
                EvenkeelGrpc.PIN_ENDPOINT, fleet.server(0).address());
        for (ManagedChannel channel : List.of(used, unused)) {
            for (CallOptions options : List.of(
                    CallOptions.DEFAULT, pinned, CallOptions.DEFAULT.withWaitForReady(), pinned.withWaitForReady())) {
                Status status = Fleet.fail(channel, Echo.GET, options.withDeadlineAfter(20, TimeUnit.SECONDS));
                assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(status.getDescription()).isEqualTo("orders is closed");
            }
        }
    }

    @Test
    void aServerThatShutsDownGracefullyFailsNoCall() {
        use(2, settings -> settings.retry(RetryPolicy.NONE).policy(LoadBalancingPolicy.roundRobin()));
        ManagedChannel channel = fleet.connectedChannel();
        for (int i = 0; i < 200; i++) {
            if (i == 50) {
                fleet.server(0).shutdownGracefully();
            }
            Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x");
        }
        assertThat(fleet.calls()).isEqualTo(200);
    }

    @Test
    void aPolicyThatThrowsFailsTheCallAndNotTheChannel() {
        AtomicBoolean broken = new AtomicBoolean();
        use(
                2,
                settings -> settings.retry(RetryPolicy.NONE).policy((candidates, random) -> (context, now) -> {
                    if (broken.get()) {
                        throw new IllegalStateException("a bug");
                    }
                    return candidates.get(random.nextInt(candidates.size()));
                }));
        ManagedChannel channel = fleet.connectedChannel();

        broken.set(true);
        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription())
                .isEqualTo("orders: an endpoint could not be picked: java.lang.IllegalStateException: a bug");

        broken.set(false);
        assertThat(Fleet.get(channel, "x")).startsWith("x@");
    }
}
