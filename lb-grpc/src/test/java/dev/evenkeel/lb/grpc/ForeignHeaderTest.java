package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.Backoff;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A gateway forwards the headers of the calls it gets, also the one in which gRPC tells of earlier attempts. */
class ForeignHeaderTest {
    private static final RetryBudget.Settings NOTHING = new RetryBudget.Settings(0.0, 0, Duration.ofSeconds(10));
    private static final RetryBudget.Settings AMPLE = new RetryBudget.Settings(1, 1000, Duration.ofSeconds(10));
    private static final RetryPolicy QUICK = new RetryPolicy(3, new Backoff(Duration.ZERO, Duration.ZERO));

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private Fleet fleet;

    /** Where the header comes in. */
    enum Place {
        /** Before what {@code configure} adds sees the call. */
        OUTSIDE {
            @Override
            NettyChannelBuilder builder(Fleet fleet, ClientInterceptor adding) {
                return fleet.builder().intercept(adding);
            }
        },
        /** Behind it. */
        INSIDE {
            @Override
            NettyChannelBuilder builder(Fleet fleet, ClientInterceptor adding) {
                NettyChannelBuilder builder =
                        NettyChannelBuilder.forTarget("lb:///" + Fleet.NAME, InsecureChannelCredentials.create());
                return EvenkeelGrpc.configure(builder.intercept(adding), fleet.services);
            }
        },
        /** In a channel that has the resolver only. */
        ALONE {
            @Override
            NettyChannelBuilder builder(Fleet fleet, ClientInterceptor adding) {
                return fleet.plainBuilder().intercept(adding);
            }
        };

        abstract NettyChannelBuilder builder(Fleet fleet, ClientInterceptor adding);

        ManagedChannel channel(Fleet fleet, String... values) {
            Metadata headers = new Metadata();
            for (String value : values) {
                headers.put(Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER), value);
            }
            return fleet.connect(fleet.open(builder(fleet, MetadataUtils.newAttachHeadersInterceptor(headers))));
        }
    }

    static Stream<Arguments> headers() {
        return Stream.of(Place.values())
                .flatMap(place ->
                        Stream.of("1", "2", "abc", "", "-1", "99999999999").map(value -> Arguments.of(place, value)));
    }

    private void use(int servers, UnaryOperator<LoadBalancerBuilder> settings) {
        fleet = Fleet.of(
                servers,
                defaults -> settings.apply(defaults.policy(LoadBalancingPolicy.roundRobin())
                        .panicThreshold(1)
                        .environment(ToldAtOnce.environment())
                        .listener(new LoadBalancerListener() {
                            @Override
                            public void onEvent(Event event) {
                                events.add(event);
                            }
                        })));
    }

    private long told(Event.Type type) {
        return events.stream().filter(event -> event.type() == type).count();
    }

    @AfterEach
    void close() {
        fleet.settled();
        fleet.close();
    }

    @ParameterizedTest
    @MethodSource("headers")
    void itIsNoAttemptOfThisCall(Place place, String value) {
        use(2, settings -> settings.retryBudget(NOTHING));
        ManagedChannel channel = place.channel(fleet, value);
        for (int i = 0; i < 20; i++) {
            assertThat(Fleet.get(channel, "x")).startsWith("x@");
            assertThat(Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x")).startsWith("x@");
        }
        assertThat(told(Event.Type.RETRY)).isZero();
        assertThat(told(Event.Type.HEDGE)).isZero();
        assertThat(told(Event.Type.BUDGET_EXHAUSTED)).isZero();
    }

    @ParameterizedTest
    @MethodSource("headers")
    void aCallThatMustNotBeExecutedTwiceIsNot(Place place, String value) {
        use(1, settings -> settings.retry(QUICK).retryBudget(AMPLE));
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.remove(fleet.server(0).address());
            fleet.source.put(wire.endpoint());
            ManagedChannel channel = place.channel(fleet, value);
            fleet.server(0).behaviour = (request, response) -> wire.cut();

            assertThat(Fleet.fail(channel, Echo.POST, CallOptions.DEFAULT).getCode())
                    .isEqualTo(Status.Code.UNAVAILABLE);

            assertThat(fleet.calls()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("headers")
    void repetitionsAreCountedAsWithoutIt(Place place, String value) {
        use(3, settings -> settings.retry(QUICK).retryBudget(AMPLE));
        ManagedChannel channel = place.channel(fleet, value);
        fleet.servers.forEach(server -> server.failWith(Status.UNAVAILABLE));

        Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(fleet.calls()).isEqualTo(3);
        assertThat(fleet.servers).as("elsewhere each time").allMatch(server -> server.calls.get() == 1);
        assertThat(told(Event.Type.RETRY)).isEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("headers")
    void aRepetitionAfterALostConnectionNeedsTheBudget(Place place, String value) {
        use(2, settings -> settings.retry(QUICK).retryBudget(NOTHING));
        try (Wire wire = new Wire(fleet.server(0).port())) {
            fleet.source.remove(fleet.server(0).address());
            fleet.source.put(wire.endpoint());
            ManagedChannel channel = place.channel(fleet, value, value);
            fleet.servers.forEach(server -> server.behaviour = (request, response) -> wire.cut());
            fleet.servers.get(1).failWith(Status.UNAVAILABLE);

            Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
            Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
            assertThat(fleet.calls()).as("one attempt for each call").isEqualTo(2);
        }
    }
}
