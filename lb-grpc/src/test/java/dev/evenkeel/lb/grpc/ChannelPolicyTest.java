package dev.evenkeel.lb.grpc;

import static io.grpc.ConnectivityState.CONNECTING;
import static io.grpc.ConnectivityState.IDLE;
import static io.grpc.ConnectivityState.READY;
import static io.grpc.ConnectivityState.TRANSIENT_FAILURE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Ticker;
import dev.evenkeel.lb.time.VirtualTime;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a channel says that it is ready, connection by connection. */
class ChannelPolicyTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");
    private static final Endpoint C = Endpoint.of("10.0.0.3:80");

    private final VirtualTime time = new VirtualTime();
    private final MutableEndpointSource source = MutableEndpointSource.of(List.of(A, B, C));
    private final LoadBalancer service = LoadBalancer.builder(Fleet.NAME)
            .endpoints(source)
            .policy(LoadBalancingPolicy.roundRobin())
            .environment(time.environment(new Random(42)))
            .build();
    private final ScriptedChannel channel = new ScriptedChannel();
    private final ScriptedLeaf leaf = new ScriptedLeaf();
    private final ChannelPolicy policy = new ChannelPolicy(channel, leaf);

    @BeforeEach
    void resolve() {
        resolve(A, B, C);
    }

    private void resolve(Endpoint... endpoints) {
        assertThat(policy.acceptResolvedAddresses(ScriptedChannel.list(service, List.of(endpoints))))
                .isEqualTo(Status.OK);
    }

    @AfterEach
    void close() {
        policy.shutdown();
        channel.close();
        service.close();
    }

    private void eject(Endpoint endpoint) {
        call(endpoint, Outcome.of(Outcome.Kind.FAILED, "HTTP 500"), () -> !isAvailable(endpoint));
    }

    /** Has another client of the process find that an endpoint refuses connections, and later that it does not. */
    private void refuseAndReturn(Endpoint endpoint) {
        call(endpoint, Outcome.of(Outcome.Kind.CONNECT_FAILED, "refused"), () -> !isAvailable(endpoint));
        time.advance(Duration.ofMinutes(1)); // longer than any pause before it is tried again
        call(endpoint, Outcome.SUCCESS, () -> isAvailable(endpoint));
    }

    /** Makes calls that end well, except that those at the endpoint end so, until something is true. */
    private void call(Endpoint endpoint, Outcome outcome, BooleanSupplier enough) {
        for (int i = 0; i < 100 && !enough.getAsBoolean(); i++) {
            Attempt attempt = service.newCall(RequestInfo.IDEMPOTENT).nextAttempt();
            attempt.complete(attempt.endpoint().equals(endpoint) ? outcome : Outcome.SUCCESS);
        }
        assertThat(enough.getAsBoolean()).isTrue();
    }

    private boolean isAvailable(Endpoint endpoint) {
        return service.endpoints().stream()
                .anyMatch(status -> status.endpoint().equals(endpoint)
                        && status.availability().isAvailable());
    }

    @Test
    void aConnectionIsKeptForAWhileWhenItsEndpointLeavesAndForAsLongWhenItLeavesAgain() {
        leaf.become(A, READY);
        leaf.become(C, READY);
        resolve(A, B);
        channel.pass(Duration.ofSeconds(10));
        resolve(A, B, C);
        resolve(A, B);
        channel.pass(Duration.ofSeconds(20));
        assertThat(leaf.ended(C)).isZero();

        channel.pass(Duration.ofSeconds(10));
        assertThat(leaf.ended(C)).isOne();
    }

    @Test
    void theFirstConnectionMakesTheChannelReady() {
        leaf.become(A, READY);
        assertThat(channel.states).containsExactly(CONNECTING, READY);
    }

    @Test
    void itIsNotReadyWithAnEjectedEndpointWhileABetterOneMayFollow() {
        eject(A);
        leaf.become(A, READY);
        leaf.become(C, TRANSIENT_FAILURE);
        assertThat(channel.states).containsExactly(CONNECTING);

        leaf.become(B, READY);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itIsReadyWithAnEjectedEndpointOnceTheOthersHaveFailed() {
        eject(A);
        leaf.become(A, READY);
        leaf.become(B, TRANSIENT_FAILURE);
        assertThat(channel.state()).isEqualTo(CONNECTING);
        leaf.become(C, TRANSIENT_FAILURE);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itDoesNotWaitForOthersThatAreOutToo() {
        eject(A);
        service.drain(B.id());
        service.drain(C.id());
        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itIsReadyWhenItsEndpointReturnsMeanwhile() {
        eject(A);
        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(CONNECTING);
        time.advance(Duration.ofMinutes(5));
        assertThat(isAvailable(A)).isTrue();
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itIsReadyWhenTheOthersGoOutMeanwhile() {
        eject(A);
        leaf.become(A, READY);
        service.drain(B.id());
        assertThat(channel.state()).isEqualTo(CONNECTING);
        service.drain(C.id());
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itDoesNotWaitForEverForAConnectionThatNobodyAnswers() {
        eject(A);
        leaf.become(A, READY);
        channel.passTime();
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void itStaysReadyWhenOnlyAnEjectedEndpointIsLeft() {
        eject(A);
        leaf.become(B, READY);
        leaf.become(A, READY);
        leaf.become(B, CONNECTING);
        assertThat(channel.states).containsExactly(CONNECTING, READY, READY);
    }

    @Test
    void itWaitsAgainAfterAllConnectionsWereLost() {
        eject(A);
        leaf.become(A, READY);
        channel.pass(Duration.ofSeconds(1));
        leaf.become(A, CONNECTING);
        assertThat(channel.state()).isEqualTo(CONNECTING);

        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(CONNECTING);
        channel.pass(Duration.ofSeconds(1));
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void whatTheResolverCannotSayHarmsNothingThatIsConnected() {
        leaf.become(A, READY);
        policy.handleNameResolutionError(Status.UNAVAILABLE.withDescription("no answer"));
        assertThat(channel.state()).isEqualTo(READY);
        assertThat(leaf.ended).isZero();
        assertThat(leaf.unresolved).as("pick_first would drop its connection").isZero();
    }

    @Test
    void withNothingConnectedItIsWhatCallsFailWith() {
        Status status = Status.UNAVAILABLE.withDescription("no answer");
        policy.handleNameResolutionError(status);
        assertThat(channel.state()).isEqualTo(TRANSIENT_FAILURE);
        assertThat(channel.picker().pickSubchannel(null).getStatus()).isEqualTo(status);
        assertThat(leaf.unresolved).isZero();
    }

    @Test
    void anEndpointThatOthersCanReachAgainIsConnectedToAtOnceButNotTwiceInASecond() {
        leaf.become(A, TRANSIENT_FAILURE);
        assertThat(leaf.begun).isEqualTo(3);
        refuseAndReturn(A);
        assertThat(leaf.begun).as("gRPC would wait for up to two minutes").isEqualTo(4);
        assertThat(leaf.ended).as("in the place of the one before").isEqualTo(1);

        leaf.become(A, TRANSIENT_FAILURE);
        channel.pass(Duration.ofMillis(999));
        refuseAndReturn(A);
        assertThat(leaf.begun).as("within the second").isEqualTo(4);

        channel.pass(Duration.ofMillis(1));
        refuseAndReturn(A);
        assertThat(leaf.begun).as("after it").isEqualTo(5);
        leaf.become(A, READY);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void aConnectionThatIsThereOrBeingMadeIsNotReplacedWhenItsEndpointIsBack() {
        leaf.become(A, READY);
        refuseAndReturn(A);
        refuseAndReturn(B);
        assertThat(leaf.begun).isEqualTo(3);
        assertThat(leaf.ended).isZero();
    }

    @Test
    void aConnectionThatWasReplacedIsNotHeardAnyMore() {
        io.grpc.LoadBalancer.Helper before = leaf.connection(A);
        leaf.become(A, TRANSIENT_FAILURE);
        refuseAndReturn(A);

        ScriptedLeaf.become(before, READY);
        assertThat(channel.states).containsExactly(CONNECTING);
        leaf.become(A, READY);
        ScriptedLeaf.become(before, TRANSIENT_FAILURE);
        assertThat(channel.states).containsExactly(CONNECTING, READY);
    }

    @Test
    void nothingIsHeardAfterTheEnd() {
        leaf.become(A, READY);
        resolve(A, B);
        policy.shutdown();
        assertThat(leaf.ended).isEqualTo(3);
        List<?> published = List.copyOf(channel.states);

        leaf.become(A, TRANSIENT_FAILURE);
        leaf.become(B, READY);
        leaf.become(C, IDLE);
        refuseAndReturn(A);
        source.remove(B.id());
        source.put(B);
        channel.pass(Duration.ofHours(1));
        assertThat(channel.states).isEqualTo(published);
        assertThat(leaf.begun).isEqualTo(3);
    }

    /** Sends a call over the one connection that is ready, and returns what gRPC tells how it goes on. */
    private ClientStreamTracer send(CallOptions options) {
        ClientStreamTracer tracer = channel.picker()
                .pickSubchannel(ScriptedChannel.CALL)
                .getStreamTracerFactory()
                .newClientStreamTracer(
                        ClientStreamTracer.StreamInfo.newBuilder()
                                .setCallOptions(options)
                                .build(),
                        new Metadata());
        tracer.outboundHeaders();
        return tracer;
    }

    private List<Endpoint> drained() {
        List<Endpoint> drained = new ArrayList<>();
        service.addListener(new LoadBalancerListener() {
            @Override
            public void onEvent(Event event) {
                if (event.type() == Event.Type.DRAINED) {
                    drained.add(event.endpoint());
                }
            }
        });
        return drained;
    }

    @Test
    void aConnectionIsKeptForACallThatMayWaitForEverUntilThatEnds() {
        List<Endpoint> drained = drained();
        leaf.become(C, READY);
        ClientStreamTracer call = send(CallOptions.DEFAULT);
        source.remove(C.id());
        resolve(A, B);
        channel.pass(Duration.ofSeconds(100));
        assertThat(leaf.ended(C))
                .as("kept for 30 s, and for 30 s more each time")
                .isZero();
        assertThat(drained).isEmpty();

        call.streamClosed(Status.OK);
        assertThat(drained).containsExactly(C);
        channel.pass(Duration.ofSeconds(30));
        assertThat(leaf.ended(C)).isOne();
    }

    @Test
    void aCallWithADeadlineMayOutliveTheTimeForWhichItsConnectionIsKept() {
        List<Endpoint> drained = drained();
        leaf.become(C, READY);
        ClientStreamTracer call = send(CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS));
        source.remove(C.id());
        resolve(A, B);
        channel.pass(Duration.ofSeconds(30));
        assertThat(leaf.ended(C)).as("gRPC lets it finish").isOne();
        assertThat(drained).isEmpty();

        call.streamClosed(Status.OK);
        assertThat(drained).containsExactly(C);
    }

    @Test
    void aCallThatIsPickedForJustWhenTheLastConnectionIsLostWaits() {
        leaf.become(A, READY);
        io.grpc.LoadBalancer.SubchannelPicker before = channel.picker();
        leaf.become(A, CONNECTING);
        assertThat(channel.picker()).isNotSameAs(before);
        assertThat(before.pickSubchannel(ScriptedChannel.CALL).getStatus())
                .as("gRPC asks the old picker for a moment longer")
                .isEqualTo(Status.OK);
    }

    /** At whichever moment of the pick that is: each time that the clock is read is one. */
    @Test
    void aCallDoesNotFailWhenSomebodyComesJustAsItIsToldThatNobodyIsThere() {
        int moments = 0;
        boolean came = true;
        while (came) {
            came = comesAtThe(++moments);
        }
        assertThat(moments).as("moments").isGreaterThan(4);
    }

    /** Returns whether the pick has such a moment. */
    private boolean comesAtThe(int moment) {
        AtomicInteger until = new AtomicInteger(-1);
        ScriptedLeaf itsLeaf = new ScriptedLeaf();
        Environment steady = time.environment(new Random(42));
        Ticker ticker = () -> {
            if (until.getAndDecrement() == 1) {
                itsLeaf.become(B, READY);
            }
            return steady.ticker().nanos();
        };
        try (ScriptedChannel itsChannel = new ScriptedChannel();
                LoadBalancer its = LoadBalancer.builder(Fleet.NAME)
                        .endpoints(MutableEndpointSource.of(List.of(A, B, C)))
                        .environment(new Environment(ticker, steady.scheduler(), steady.blocking(), steady.random()))
                        .build()) {
            ChannelPolicy itsPolicy = new ChannelPolicy(itsChannel, itsLeaf);
            itsPolicy.acceptResolvedAddresses(ScriptedChannel.list(its, List.of(A, B, C)));
            itsLeaf.become(A, READY);
            itsLeaf.become(C, READY); // so that the channel is ready all the time
            its.drain(C.id());
            io.grpc.LoadBalancer.SubchannelPicker before = itsChannel.picker();
            itsLeaf.become(A, TRANSIENT_FAILURE);

            int published = itsChannel.states.size();
            until.set(moment);
            io.grpc.LoadBalancer.PickResult result = before.pickSubchannel(ScriptedChannel.CALL);
            assertThat(result.getStatus()).as("moment " + moment).isEqualTo(Status.OK);
            boolean came = until.get() < 1;
            if (came && result.getSubchannel() == null) {
                assertThat(itsChannel.states).as("gRPC is told to ask again").hasSizeGreaterThan(published);
                assertThat(itsChannel
                                .picker()
                                .pickSubchannel(ScriptedChannel.CALL)
                                .getSubchannel())
                        .isNotNull();
            }
            itsPolicy.shutdown();
            return came;
        }
    }

    /** As in a long list, of which the load balancer may use an endpoint, then another in its place, and then the first again. */
    @Test
    void anEndpointWhoseConnectionWasGivenUpIsNotPickedUntilThereIsAnother() {
        try (LoadBalancer its = LoadBalancer.builder(Fleet.NAME)
                        .endpoints(MutableEndpointSource.of(List.of(A, B, C)))
                        .policy((candidates, random) -> (context, now) -> candidates.get(candidates.size() - 1))
                        .environment(time.environment(new Random(42)))
                        .build();
                ScriptedChannel itsChannel = new ScriptedChannel()) {
            ChannelPolicy itsPolicy = new ChannelPolicy(itsChannel, leaf);
            itsPolicy.acceptResolvedAddresses(ScriptedChannel.list(its, List.of(A, B, C)));
            leaf.become(A, READY);
            leaf.become(C, READY);
            itsPolicy.acceptResolvedAddresses(ScriptedChannel.list(its, List.of(A, B)));
            itsChannel.pass(Duration.ofSeconds(30));
            assertThat(leaf.ended(C)).isEqualTo(1);

            assertThat(itsChannel.picker().pickSubchannel(ScriptedChannel.CALL).getSubchannel())
                    .isNotNull();
            itsPolicy.shutdown();
        }
    }

    @Test
    void aConnectionIsKeptWhoseEndpointHasNoAddressForNow() {
        leaf.become(A, READY);
        leaf.become(B, TRANSIENT_FAILURE);
        leaf.become(C, TRANSIENT_FAILURE);
        io.grpc.LoadBalancer.ResolvedAddresses list = ScriptedChannel.list(service, List.of(A, B, C));
        for (int i = 0; i < 2; i++) {
            policy.acceptResolvedAddresses(ScriptedChannel.withoutAddress(list, A));
            assertThat(channel.picker().pickSubchannel(ScriptedChannel.CALL).getSubchannel())
                    .isNotNull();
        }
        policy.acceptResolvedAddresses(list);
        assertThat(leaf.begun).isEqualTo(3);
        assertThat(leaf.ended(A)).isZero();
    }

    @Test
    void anEndpointWithoutAnAddressIsConnectedToWhenItHasOne() {
        Endpoint late = Endpoint.of("10.0.0.4:80");
        source.put(late);
        io.grpc.LoadBalancer.ResolvedAddresses list = ScriptedChannel.list(service, List.of(A, B, C, late));
        for (int i = 0; i < 2; i++) {
            policy.acceptResolvedAddresses(ScriptedChannel.withoutAddress(list, late));
        }
        assertThat(leaf.begun).isEqualTo(3);
        for (Endpoint endpoint : List.of(A, B, C)) {
            leaf.become(endpoint, TRANSIENT_FAILURE);
        }
        assertThat(channel.state()).as("all have failed").isEqualTo(TRANSIENT_FAILURE);

        policy.acceptResolvedAddresses(list);
        assertThat(leaf.begun).isEqualTo(4);
        leaf.become(late, READY);
        assertThat(channel.state()).isEqualTo(READY);
    }

    @Test
    void aTrialThatFindsNoConnectionIsLeftToTheNextPick() {
        AtomicReference<Runnable> next = new AtomicReference<>(() -> {});
        try (LoadBalancer guarded = LoadBalancer.builder(Fleet.NAME)
                        .endpoints(MutableEndpointSource.of(List.of(A, B)))
                        .environment(time.environment(new Random(42)))
                        .policy((candidates, random) -> (context, now) -> {
                            next.getAndSet(() -> {}).run();
                            return candidates.get(0);
                        })
                        .serviceBreaker(CircuitBreakerConfig.from(Breaker.DEFAULT)
                                .minimumNumberOfCalls(4)
                                .permittedNumberOfCallsInHalfOpenState(1)
                                .build())
                        .build();
                ScriptedChannel itsChannel = new ScriptedChannel()) {
            ChannelPolicy itsPolicy = new ChannelPolicy(itsChannel, leaf);
            itsPolicy.acceptResolvedAddresses(ScriptedChannel.list(guarded, List.of(A, B)));
            leaf.become(A, READY);
            leaf.become(B, READY);
            for (int i = 0; i < 4; i++) {
                guarded.newCall(RequestInfo.IDEMPOTENT)
                        .nextAttempt()
                        .complete(Outcome.of(Outcome.Kind.UNAVAILABLE, "UNAVAILABLE"));
            }
            time.advance(Duration.ofSeconds(12));
            next.set(() -> leaf.become(A, CONNECTING)); // and so there is no connection to what is picked

            io.grpc.LoadBalancer.PickResult result = itsChannel.picker().pickSubchannel(ScriptedChannel.CALL);
            assertThat(result.getStatus()).isEqualTo(Status.OK);
            assertThat(result.getSubchannel()).as("there is one permit").isNotNull();
            assertThat(itsChannel.picker().pickSubchannel(ScriptedChannel.CALL).isDrop())
                    .as("and it has it")
                    .isTrue();
            itsPolicy.shutdown();
        }
    }

    @Test
    void aPinnedCallWaitsThatIsPickedForJustAsItsConnectionIsMade() {
        List<io.grpc.LoadBalancer.PickResult> results = new ArrayList<>();
        AtomicReference<Runnable> next = new AtomicReference<>();
        Environment steady = time.environment(new Random(42));
        Ticker ticker = () -> {
            Runnable due = next.getAndSet(null);
            if (due != null) {
                due.run();
            }
            return steady.ticker().nanos();
        };
        try (ScriptedChannel itsChannel = new ScriptedChannel();
                LoadBalancer its = LoadBalancer.builder(Fleet.NAME)
                        .endpoints(MutableEndpointSource.of(List.of(A, B)))
                        .environment(new Environment(ticker, steady.scheduler(), steady.blocking(), steady.random()))
                        .build()) {
            ChannelPolicy itsPolicy = new ChannelPolicy(itsChannel, leaf);
            itsPolicy.acceptResolvedAddresses(ScriptedChannel.list(its, List.of(A, B)));
            leaf.become(A, READY);
            io.grpc.LoadBalancer.PickSubchannelArgs call =
                    ScriptedChannel.call(CallOptions.DEFAULT.withOption(EvenkeelGrpc.PIN_ENDPOINT, B.id()));
            int published = itsChannel.states.size();
            next.set(() -> results.add(itsChannel.picker().pickSubchannel(call))); // before the load balancer knows
            leaf.become(B, READY);

            assertThat(results).singleElement().satisfies(result -> {
                assertThat(result.getStatus()).isEqualTo(Status.OK);
                assertThat(result.getSubchannel()).isNull();
            });
            assertThat(itsChannel.states).as("gRPC is told to ask again").hasSizeGreaterThan(published);
            assertThat(itsChannel.picker().pickSubchannel(call).getSubchannel()).isNotNull();
            itsPolicy.shutdown();
        }
    }

    @Test
    void whenTheLoadBalancerIsClosedWithNothingConnectedCallsAreToldSo() {
        for (Endpoint endpoint : List.of(A, B, C)) {
            leaf.become(endpoint, TRANSIENT_FAILURE);
        }
        service.close();
        for (CallOptions options : List.of(CallOptions.DEFAULT, CallOptions.DEFAULT.withWaitForReady())) {
            io.grpc.LoadBalancer.PickResult result = channel.picker().pickSubchannel(ScriptedChannel.call(options));
            assertThat(result.isDrop()).as("also if they wait for ready").isTrue();
            assertThat(result.getStatus().getDescription()).isEqualTo("orders is closed");
        }
    }

    @Test
    void thePickersTextIsNoLongerForMoreEndpoints() {
        leaf.become(A, READY);
        String ready = channel.picker().toString();
        Endpoint[] many = IntStream.range(0, 1000)
                .mapToObj(i -> Endpoint.of("10.1." + i / 250 + "." + i % 250, 80))
                .toArray(Endpoint[]::new);
        source.set(List.of(many));
        resolve(many);
        for (int i = 0; i < many.length; i++) {
            leaf.become(leaf.order.get(3 + i), READY); // after A, B and C
        }
        assertThat(channel.picker()).hasToString(ready);
        assertThat(ready).isEqualTo("ViewPicker of orders");

        for (int i = 0; i < many.length; i++) {
            leaf.become(many[i], TRANSIENT_FAILURE);
        }
        assertThat(channel.state()).isEqualTo(TRANSIENT_FAILURE);
        assertThat(channel.picker().toString()).hasSizeLessThan(120);
    }
}
