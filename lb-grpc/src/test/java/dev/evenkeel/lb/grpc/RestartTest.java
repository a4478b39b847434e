package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Servers that end connections, and servers that end, under load. */
class RestartTest {
    private static final int THREADS = 8;

    private Fleet fleet;

    private Fleet use(UnaryOperator<LoadBalancerBuilder> settings, UnaryOperator<NettyServerBuilder> ofServers) {
        fleet = Fleet.of(0, defaults -> settings.apply(defaults.policy(LoadBalancingPolicy.roundRobin())));
        for (int i = 0; i < 3; i++) {
            TestServer server = new TestServer(ofServers);
            fleet.servers.add(server);
            fleet.source.put(server.endpoint());
        }
        return fleet;
    }

    private static LoadBalancerBuilder withoutRetries(LoadBalancerBuilder defaults) {
        return defaults.retry(RetryPolicy.NONE);
    }

    private long failures() {
        return fleet.loadBalancer.endpoints().stream()
                .mapToLong(status -> status.failures())
                .sum();
    }

    private long attempts() {
        return fleet.loadBalancer.endpoints().stream()
                .mapToLong(status -> status.attempts())
                .sum();
    }

    private void everybodyGetsCalls(Load load) {
        fleet.servers.forEach(server -> server.calls.set(0));
        Until.until("all are used again", () -> fleet.servers.stream().allMatch(server -> server.calls.get() > 0));
        load.pass(100);
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @Test
    void connectionsThatServersEndForTheirAgeFailNoCallAndCountAgainstNobody() {
        use(
                RestartTest::withoutRetries,
                builder -> builder.maxConnectionAge(100, TimeUnit.MILLISECONDS)
                        .maxConnectionAgeGrace(10, TimeUnit.SECONDS));
        ManagedChannel channel = fleet.connectedChannel();
        long before = attempts();
        int calls;
        try (Load load = new Load(channel, Echo.POST, THREADS)) {
            long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            while (System.nanoTime() - end < 0) {
                load.pass(200);
            }
            load.stop();
            calls = load.calls.get();
            assertThat(load.failures).isEmpty();
        }
        fleet.settled();
        assertThat(calls).isGreaterThan(200);
        assertThat(failures()).isZero();
        assertThat(attempts() - before)
                .as("each call is one attempt: what gRPC had to send again was never on the wire")
                .isEqualTo(calls);
    }

    @Test
    void aRollingRestartFailsNoCall() {
        use(RestartTest::withoutRetries, builder -> builder);
        ManagedChannel channel = fleet.connectedChannel();
        try (Load load = new Load(channel, Echo.POST, THREADS)) {
            for (TestServer server : fleet.servers) {
                load.pass(100);
                server.shutdownGracefully();
                server.awaitEnd();
                load.pass(100);
                server.start();
                everybodyGetsCalls(load);
            }
            load.stop();
            assertThat(load.failures).isEmpty();
        }
    }

    @Test
    void serversThatAreKilledFailNoIdempotentCall() {
        use(
                settings -> settings.retryBudget(new RetryBudget.Settings(1, 1000, Duration.ofSeconds(10)))
                        .panicThreshold(1), // what is ejected for its broken calls stays in use
                builder -> builder);
        ManagedChannel channel = fleet.connectedChannel();
        try (Load load = new Load(channel, Echo.GET, THREADS)) {
            for (int round = 0; round < 2; round++) {
                for (TestServer server : fleet.servers) {
                    load.pass(100);
                    server.kill();
                    load.pass(100);
                    server.start();
                    load.passAll(); // or one may meet three servers, and the last of its attempts, just as they are
                    // killed
                    everybodyGetsCalls(load);
                }
            }
            load.stop();
            assertThat(load.unanswered)
                    .as("of %s, some of which may have been killed between its headers and its end", load.failures)
                    .allMatch(RestartTest::isReset)
                    .hasSizeLessThan(2 * fleet.servers.size()); // one for each that is killed would be many
        }
    }

    /**
     * A server that stops at once says goodbye and resets its streams. Should the channel's context be busy on another thread, gRPC tells of the reset
     * first, and it looks like that of a server which goes on.
     */
    private static boolean isReset(Status status) {
        return status.getCode() == Status.Code.CANCELLED
                && String.valueOf(status.getDescription()).contains("error code: CANCEL");
    }

    private void eject(ManagedChannel channel, TestServer server) {
        server.failWith(Status.INTERNAL);
        Until.until("it is ejected", () -> {
            if (!isEjected(server)) {
                Status unused = outcome(channel);
            }
            return isEjected(server);
        });
        server.behaviour = server.echo;
        server.calls.set(0);
    }

    private boolean isEjected(TestServer server) {
        return fleet.status(server).availability().has(OutReason.EJECTED);
    }

    /** Asks by a pin, which goes wherever there is a connection. */
    private static boolean isConnected(ManagedChannel channel, TestServer server) {
        CallOptions pinned = CallOptions.DEFAULT.withOption(EvenkeelGrpc.PIN_ENDPOINT, server.address());
        try {
            Fleet.call(channel, Echo.POST, pinned, "x");
            return true;
        } catch (StatusRuntimeException e) {
            return !String.valueOf(e.getStatus().getDescription()).contains("cannot be connected to");
        }
    }

    private static Status outcome(ManagedChannel channel) {
        try {
            Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x");
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    @Test
    void aServerThatWasKilledWhileItWasEjectedIsUsedAsSoonAsTheNextIsConnectedTo() {
        use(RestartTest::withoutRetries, builder -> builder);
        ManagedChannel channel = fleet.connectedChannel();
        TestServer server = fleet.server(0);
        eject(channel, server);
        server.kill();
        Until.until("the channel has lost it, and cannot connect", () -> !isConnected(channel, server));
        assertThat(isEjected(server)).isTrue();

        server.start();

        Until.until("it is used", () -> {
            Fleet.get(channel, "x");
            return server.calls.get() > 0;
        });
        assertThat(isEjected(server)).isFalse();
    }

    @Test
    void aServerThatEndsAConnectionForItsAgeStaysEjected() {
        use(
                settings -> withoutRetries(settings),
                builder -> builder.maxConnectionAge(200, TimeUnit.MILLISECONDS)
                        .maxConnectionAgeGrace(10, TimeUnit.SECONDS));
        ManagedChannel channel = fleet.connectedChannel();
        TestServer server = fleet.server(0);
        eject(channel, server);
        int before = server.connections.get();
        Until.until("it has been connected to anew, twice", () -> server.connections.get() > before + 1);
        assertThat(isEjected(server)).isTrue();
        assertThat(server.calls.get()).isZero();
    }
}
