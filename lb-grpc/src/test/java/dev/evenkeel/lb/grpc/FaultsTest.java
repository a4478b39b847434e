package dev.evenkeel.lb.grpc;

import static io.grpc.ConnectivityState.TRANSIENT_FAILURE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.time.Environment;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nothing that goes wrong in the load balancer leaves the adapter as an exception; {@link ChannelTest} has the test of picks.
 */
class FaultsTest {
    private final Log log = Log.of(Level.SEVERE);

    @AfterEach
    void stopListening() {
        log.close();
    }

    @Test
    void anEndpointWhoseAddressCannotBeHadIsAskedForAgainAndHarmsNoOther() {
        try (Fleet fleet = Fleet.of(1, settings -> settings.retry(RetryPolicy.NONE))) {
            AtomicBoolean broken = new AtomicBoolean(true);
            String first = fleet.server(0).address();
            ManagedChannel channel = fleet.open(fleet.builder().setNameResolverArg(EvenkeelGrpc.ADDRESSES, endpoint -> {
                if (broken.get() && endpoint.id().equals(first)) {
                    throw new IllegalStateException("a bug");
                }
                return EvenkeelGrpc.address(endpoint);
            }));
            for (int i = 0; i < 2; i++) {
                Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
                assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(status.getDescription())
                        .isEqualTo("orders: none of 1 endpoints can be connected to, among them " + first
                                + ": EvenkeelGrpc.ADDRESSES failed for " + first
                                + ": java.lang.IllegalStateException: a bug");
            }
            TestServer other = new TestServer();
            fleet.servers.add(other);
            fleet.source.put(other.endpoint());
            assertThat(Fleet.call(channel, Echo.GET, CallOptions.DEFAULT.withWaitForReady(), "x"))
                    .isEqualTo("x@" + other.address());
            fleet.source.remove(other.address());
            Status nobody = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
            assertThat(nobody.getCode()).as("nobody waits for an address").isEqualTo(Status.Code.UNAVAILABLE);

            broken.set(false);
            TestServer joining = new TestServer();
            fleet.servers.add(joining);
            fleet.source.put(joining.endpoint());
            assertThat(Fleet.call(channel, Echo.GET, CallOptions.DEFAULT.withWaitForReady(), "x"))
                    .startsWith("x@");
            fleet.connect(channel);
            fleet.settled();
        }
        assertThat(log.messages).containsExactly("an endpoint has no address; it is logged only this once");
    }

    @Test
    void aListThatCannotBeTakenIsUnavailableUntilItCan() {
        AtomicBoolean broken = new AtomicBoolean(true);
        Endpoint endpoint = Endpoint.of("10.0.0.1:80");
        ScriptedLeaf leaf = new ScriptedLeaf() {
            @Override
            public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
                if (broken.get()) {
                    throw new IllegalStateException("a bug");
                }
                return super.newLoadBalancer(helper);
            }
        };
        try (ScriptedChannel channel = new ScriptedChannel();
                dev.evenkeel.lb.LoadBalancer service = ScriptedChannel.service(endpoint)) {
            ChannelPolicy policy = new ChannelPolicy(channel, leaf);
            ResolvedAddresses list = ScriptedChannel.list(service, List.of(endpoint));
            Status status = policy.acceptResolvedAddresses(list);
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription())
                    .isEqualTo("evenkeel: the list of endpoints could not be taken: "
                            + "java.lang.IllegalStateException: a bug");
            assertThat(channel.state()).isEqualTo(TRANSIENT_FAILURE);
            assertThat(channel.picker().pickSubchannel(null).getStatus()).isEqualTo(status);

            broken.set(false);
            assertThat(policy.acceptResolvedAddresses(list)).isEqualTo(Status.OK);
            leaf.become(endpoint, io.grpc.ConnectivityState.READY);
            assertThat(channel.state()).isEqualTo(io.grpc.ConnectivityState.READY);
            policy.shutdown();
        }
    }

    /** What gRPC tells a tracer of calls to a method, and a place where we can make that go wrong. */
    private record Told(String name, Place place, MethodDescriptor<String, String> method) {
        private static final Told END = new Told("end", new Place(CallMemory.class, "decide"), Echo.GET);

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Told> everythingATracerIsTold() {
        return Stream.of(
                new Told("beginning", new Place(AttemptTracerFactory.class, "newTracer"), Echo.GET),
                new Told("headers", new Place(AttemptTracer.class, "outboundHeaders"), Echo.GET),
                new Told("answer", new Place(AttemptTracer.class, "inboundHeaders"), Echo.WATCH),
                Told.END);
    }

    /** A method of ours. */
    private record Place(String type, String method) {
        Place(Class<?> type, String method) {
            this(type.getName(), method);
        }

        boolean isHere() {
            return StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getClassName().equals(type)
                                    && frame.getMethodName().equals(method)));
        }
    }

    /** Returns the system's environment, except that something is done whenever somebody looks at the clock. */
    private static Environment environment(Runnable atEachLook) {
        Environment system = Environment.system();
        return new Environment(
                () -> {
                    atEachLook.run();
                    return system.ticker().nanos();
                },
                system.scheduler(),
                system.blocking(),
                system.random());
    }

    /** Returns a channel whose calls have a key in a header, except that something is done whenever somebody reads it. */
    private static Channel withKey(Channel channel, Runnable atEachReading) {
        Metadata.Key<String> key = Metadata.Key.of("x-key", new Metadata.AsciiMarshaller<>() {
            @Override
            public String toAsciiString(String value) {
                return value;
            }

            @Override
            public String parseAsciiString(String text) {
                atEachReading.run();
                return text;
            }
        });
        Metadata headers = new Metadata();
        headers.put(key, "a");
        return ClientInterceptors.intercept(
                channel,
                new HeaderInterceptor(PlacedCall.KEY_HEADER, key),
                MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    @ParameterizedTest
    @MethodSource("everythingATracerIsTold")
    void whatGoesWrongInATracerIsSwallowedAndLoggedOnce(Told told) throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        Runnable trap = () -> {
            if (broken.get() && told.place.isHere()) {
                throw new IllegalStateException("a bug");
            }
        };
        try (Fleet fleet = Fleet.of(2, settings -> settings.environment(environment(trap)))) {
            Channel channel = withKey(fleet.connectedChannel(), trap);
            if (told.equals(Told.END)) { // only failures are decided about
                AtomicInteger attempts = new AtomicInteger();
                fleet.servers.forEach(server -> server.behaviour = (request, response) -> {
                    if (attempts.getAndIncrement() % 2 == 0) {
                        response.onError(Status.UNAVAILABLE.asRuntimeException());
                    } else {
                        server.echo.answer(request, response);
                    }
                });
            }
            broken.set(true);
            for (int i = 0; i < 10; i++) {
                assertThat(answer(channel, told.method)).startsWith("x@");
            }
            Until.until("it was logged", () -> !log.messages.isEmpty());

            broken.set(false);
            for (int i = 0; i < 10; i++) {
                assertThat(answer(channel, told.method)).startsWith("x@");
            }
            fleet.settled();
        }
        assertThat(log.messages)
                .containsExactly(
                        "orders: a call's " + told.name + " could not be accounted for; it is logged only this once");
    }

    /** Returns the answer, or fails: a call that hangs must not hang the test. */
    private static String answer(Channel channel, MethodDescriptor<String, String> method) throws Exception {
        return ClientCalls.futureUnaryCall(channel.newCall(method, CallOptions.DEFAULT), "x")
                .get(20, TimeUnit.SECONDS);
    }

    @Test
    void whatGoesWrongWhenAConnectionIsLostEndsNeitherTheChannelNorTheConnectionForEver() {
        Place place = new Place(ChannelPolicy.class, "changed");
        Place caught = new Place("dev.evenkeel.lb.Cluster", "apply"); // by the core itself
        AtomicBoolean broken = new AtomicBoolean();
        Runnable trap = () -> {
            if (broken.get() && place.isHere() && !caught.isHere() && broken.compareAndSet(true, false)) {
                throw new IllegalStateException("a bug");
            }
        };
        try (Fleet fleet = Fleet.of(
                2, settings -> settings.policy(LoadBalancingPolicy.roundRobin()).environment(environment(trap)))) {
            ManagedChannel channel = fleet.connectedChannel();
            TestServer lost = fleet.server(0);
            broken.set(true);
            lost.kill();
            Until.until("it was logged", () -> !log.messages.isEmpty());
            for (int i = 0; i < 10; i++) {
                assertThat(Fleet.get(channel, "x")).startsWith("x@");
            }

            lost.start();
            Until.until("it is connected to again", () -> {
                Fleet.get(channel, "x");
                return lost.calls.get() > 0;
            });
            fleet.settled();
        }
        assertThat(log.messages)
                .containsExactly("a connection's state could not be handled; it is logged only this once");
    }

    @Test
    void anExceptionThatATracerLetsOutHangsItsCallBeyondItsDeadline() {
        try (Fleet fleet = Fleet.of(1)) {
            ManagedChannel channel = fleet.connectedChannel();
            AtomicBoolean thrown = new AtomicBoolean();
            Duration limit = Duration.ofSeconds(1);
            CallOptions options = CallOptions.DEFAULT
                    .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .withStreamTracerFactory(new ClientStreamTracer.Factory() {
                        @Override
                        public ClientStreamTracer newClientStreamTracer(
                                ClientStreamTracer.StreamInfo info, Metadata headers) {
                            return new ClientStreamTracer() {
                                @Override
                                public void streamClosed(Status status) {
                                    thrown.set(true);
                                    throw new IllegalStateException("a bug");
                                }
                            };
                        }
                    });
            ListenableFuture<String> call = ClientCalls.futureUnaryCall(channel.newCall(Echo.GET, options), "x");

            Until.until("the tracer has thrown", thrown::get);
            assertThatThrownBy(() -> call.get(2 * limit.toMillis(), TimeUnit.MILLISECONDS))
                    .isInstanceOf(TimeoutException.class);
        }
    }
}
