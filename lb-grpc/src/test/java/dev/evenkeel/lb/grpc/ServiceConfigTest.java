package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Service configs that applications set for their channels, with gRPC's look-up of service configs on and off. */
class ServiceConfigTest {
    private static final RetryBudget.Settings AMPLE = new RetryBudget.Settings(1, 1000, Duration.ofSeconds(10));

    /** A new budget holds so many tokens, for a minute. */
    private static final RetryBudget.Settings FIFTEEN = new RetryBudget.Settings(0, 0.025, Duration.ofMinutes(1));

    private static final Backoff SHORT = new Backoff(Duration.ofMillis(1), Duration.ofMillis(10));
    private static final Map<String, ?> REPEAT_INTERNAL = Map.of(
            "maxAttempts",
            3.0,
            "initialBackoff",
            "0.001s",
            "maxBackoff",
            "0.01s",
            "backoffMultiplier",
            2.0,
            "retryableStatusCodes",
            List.of("INTERNAL"));

    private Fleet fleet;

    private void use(int servers, UnaryOperator<LoadBalancerBuilder> settings) {
        fleet = Fleet.of(
                servers,
                defaults -> settings.apply(defaults.policy(LoadBalancingPolicy.roundRobin())
                        .panicThreshold(1)
                        .retry(new RetryPolicy(3, SHORT))
                        .retryBudget(AMPLE)));
    }

    /** A channel that all servers are connected to, with a config that is set after the load balancer. */
    private ManagedChannel channel(boolean lookUp, Map<String, ?> config) {
        return channel(lookUp, builder -> builder.defaultServiceConfig(config));
    }

    private ManagedChannel channel(boolean lookUp, Consumer<NettyChannelBuilder> settings) {
        NettyChannelBuilder builder = fleet.builder();
        settings.accept(builder);
        if (!lookUp) {
            builder.disableServiceConfigLookUp();
        }
        return fleet.connect(fleet.open(builder));
    }

    private static Map<String, ?> methods(Map<?, ?>... configs) {
        return Map.of("methodConfig", List.of(configs));
    }

    private static Map<String, ?> method(MethodDescriptor<?, ?> method, String setting, Object value) {
        return Map.of(
                "name",
                List.of(Map.of("service", Echo.SERVICE, "method", String.valueOf(method.getBareMethodName()))),
                setting,
                value);
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMethodsTimeoutHolds(boolean lookUp) {
        use(1, settings -> settings);
        ManagedChannel channel = channel(lookUp, methods(method(Echo.POST, "timeout", "0.2s")));
        fleet.server(0).hang();
        long begun = System.nanoTime();

        Status status = Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(System.nanoTime() - begun)
                .as("long before the call's own deadline")
                .isLessThan(TimeUnit.SECONDS.toNanos(40));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMethodsRetryPolicyHoldsAndItsRetriesGoElsewhere(boolean lookUp) {
        use(2, settings -> settings);
        ManagedChannel channel = channel(lookUp, methods(method(Echo.POST, "retryPolicy", REPEAT_INTERNAL)));
        fleet.server(0).failWith(Status.INTERNAL);

        for (int i = 0; i < 10; i++) {
            assertThat(Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x"))
                    .isEqualTo("x@" + fleet.server(1).address());
        }
        assertThat(fleet.server(0).calls.get()).isPositive();
    }

    @Test
    void aCallThatSaysThatItMustNotBeRepeatedIsNotRepeated() {
        use(2, settings -> settings);
        ManagedChannel channel = channel(true, methods(method(Echo.POST, "retryPolicy", REPEAT_INTERNAL)));
        fleet.servers.forEach(server -> server.failWith(Status.INTERNAL.withDescription("broken")));

        Status status = Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT.withOption(EvenkeelGrpc.IDEMPOTENT, false));

        assertThat(status.getDescription()).isEqualTo("broken");
        assertThat(fleet.calls()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void retriesOfAMethodsOwnPolicyStayWithinTheBudget(boolean lookUp) {
        use(2, settings -> settings.retryBudget(FIFTEEN));
        ManagedChannel channel = channel(lookUp, methods(method(Echo.POST, "retryPolicy", REPEAT_INTERNAL)));
        fleet.servers.forEach(server -> server.failWith(Status.INTERNAL));

        for (int i = 0; i < 30; i++) {
            Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT);
        }
        assertThat(fleet.calls()).isEqualTo(30 + 15);
    }

    /**
     * Of a failure that its policy does not name as fatal, the next hedge need not wait out its delay, nor the call
     * where there is no budget.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void hedgesOfAMethodGoOnAtOnceAfterAFailureAndEndAtOnceWithoutABudget(boolean lookUp) {
        use(2, settings -> settings.retryBudget(FIFTEEN));
        ManagedChannel channel = channel(
                lookUp,
                methods(method(
                        Echo.POST,
                        "hedgingPolicy",
                        Map.of(
                                "maxAttempts",
                                2.0,
                                "hedgingDelay",
                                "1000s",
                                "nonFatalStatusCodes",
                                List.of("UNAVAILABLE")))));
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE.withDescription("out of order")));

        for (int i = 0; i < 30; i++) {
            assertThat(Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT).getDescription())
                    .isEqualTo("out of order");
        }
        assertThat(fleet.calls()).isEqualTo(30 + 15);
    }

    /** One hedged method in the config, and our retries were gone for all others. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void methodsOfWhichTheConfigSaysNothingAreRepeatedAsWithoutIt(boolean lookUp) {
        use(2, settings -> settings);
        ManagedChannel channel = channel(
                lookUp,
                methods(method(
                        Echo.POST,
                        "hedgingPolicy",
                        Map.of("maxAttempts", 2.0, "hedgingDelay", "1s", "nonFatalStatusCodes", List.of()))));
        fleet.server(0).failWith(Status.UNAVAILABLE);

        for (int i = 0; i < 10; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }
        assertThat(fleet.server(0).calls.get()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMethodWhoseConfigDoesNotSpeakOfRetriesIsRepeatedAsWithoutIt(boolean lookUp) {
        use(2, settings -> settings);
        ManagedChannel channel = channel(lookUp, methods(method(Echo.GET, "timeout", "60s")));
        fleet.server(0).failWith(Status.UNAVAILABLE);

        for (int i = 0; i < 10; i++) {
            assertThat(Fleet.get(channel, "x")).isEqualTo("x@" + fleet.server(1).address());
        }
        assertThat(fleet.server(0).calls.get()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void throttlingOfAConfigHolds(boolean lookUp) {
        use(2, settings -> settings);
        ManagedChannel channel =
                channel(lookUp, Map.of("retryThrottling", Map.of("maxTokens", 2.0, "tokenRatio", 0.1)));
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);

        assertThat(fleet.calls()).as("half of the tokens are gone").isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherPolicyOfAConfigIsNotUsedAndThatIsSaid(boolean lookUp) {
        use(3, settings -> settings);
        try (Log log = Log.of(Level.WARNING)) {
            ManagedChannel channel = channel(
                    lookUp,
                    Map.of(
                            "loadBalancingConfig",
                            List.of(Map.of("pick_first", Map.of())),
                            "healthCheckConfig",
                            Map.of("serviceName", "shop.Orders")));
            for (int i = 0; i < 9; i++) {
                Fleet.get(channel, "x");
            }
            assertThat(fleet.servers)
                    .allSatisfy(server -> assertThat(server.calls.get()).isEqualTo(3));
            assertThat(log.messages)
                    .anySatisfy(message -> assertThat(message).contains("orders", "loadBalancingConfig", "pick_first"));
            assertThat(log.messages)
                    .anySatisfy(
                            message -> assertThat(message).contains("orders", "healthCheckConfig", "GrpcHealthCheck"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherDefaultPolicyIsNotUsedAndThatIsSaid(boolean lookUp) {
        use(3, settings -> settings);
        try (Log log = Log.of(Level.WARNING)) {
            ManagedChannel channel = channel(lookUp, builder -> builder.defaultLoadBalancingPolicy("pick_first"));
            for (int i = 0; i < 9; i++) {
                Fleet.get(channel, "x");
            }
            assertThat(fleet.servers)
                    .allSatisfy(server -> assertThat(server.calls.get()).isEqualTo(3));
            assertThat(log.messages)
                    .anySatisfy(message ->
                            assertThat(message).contains("orders", "defaultLoadBalancingPolicy", "pick_first"));
        }
    }

    /** {@code configure} is not last, and not first. */
    @Test
    void whatWasSetBeforeHolds() {
        use(4, settings -> settings.retry(new RetryPolicy(4, SHORT)));
        NettyChannelBuilder builder = NettyChannelBuilder.forTarget("lb:///" + Fleet.NAME)
                .usePlaintext()
                .maxRetryAttempts(2)
                .keepAliveTime(7, TimeUnit.MINUTES)
                .defaultServiceConfig(methods(method(Echo.POST, "retryPolicy", REPEAT_INTERNAL)));
        ManagedChannel channel = fleet.connect(fleet.open(EvenkeelGrpc.configure(builder, fleet.services)));
        assertThat(isKeptAlive(builder, 7)).isTrue();
        assertThat(isKeptAlive(fleet.builder(), 6)).as("where nothing was set").isTrue();
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(fleet.calls()).isEqualTo(2);

        fleet.servers.forEach(server -> server.failWith(Status.INTERNAL));
        Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT);
        assertThat(fleet.calls()).isEqualTo(2 + 2);
    }

    private static boolean isKeptAlive(NettyChannelBuilder builder, int minutes) {
        return new BuilderSettings(builder).is("keepAliveTimeNanos", TimeUnit.MINUTES.toNanos(minutes));
    }

    @Test
    void channelsOfOneBuilderEachHaveTheConfigThatWasSetWhenTheyWereBuilt() {
        use(2, settings -> settings);
        NettyChannelBuilder builder = fleet.builder().disableServiceConfigLookUp();
        List<ManagedChannel> channels = new ArrayList<>();
        channels.add(fleet.connect(fleet.open(builder)));
        channels.add(fleet.connect(
                fleet.open(builder.defaultServiceConfig(methods(method(Echo.POST, "retryPolicy", REPEAT_INTERNAL))))));
        channels.add(fleet.connect(fleet.open(builder)));
        fleet.servers.forEach(server -> server.failWith(Status.INTERNAL));
        List<Integer> attempts = new ArrayList<>();
        for (ManagedChannel channel : channels) {
            Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT);
            attempts.add(fleet.calls());
        }
        assertThat(attempts).containsExactly(1, 1 + 3, 1 + 3 + 3);
    }

    /** An idempotent request of more than a mebibyte is not repeated: gRPC does not keep it. */
    @Test
    void aLargeRequestIsRepeatedWhereGrpcMayKeepIt() {
        use(2, settings -> settings);
        String large = "x".repeat(2 << 20);
        ManagedChannel usual = channel(true, builder -> {});
        ManagedChannel more = channel(true, builder -> builder.perRpcBufferLimit(8 << 20));
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE));

        assertThat(attempts(usual, large)).as("by gRPC's default of 1 MiB").isEqualTo(1);
        assertThat(attempts(more, large)).isEqualTo(3);
        assertThat(attempts(usual, "small")).isEqualTo(3);
    }

    private int attempts(ManagedChannel channel, String request) {
        int before = fleet.calls();
        try {
            Fleet.get(channel, request);
        } catch (StatusRuntimeException expected) {
            // They fail at all endpoints.
        }
        return fleet.calls() - before;
    }
}
