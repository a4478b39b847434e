package dev.evenkeel.lb.grpc;

import static io.grpc.ConnectivityState.TRANSIENT_FAILURE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.time.Environment;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.ResolvedAddresses;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
    void aListThatCannotBeToldIsAnErrorOfTheResolverUntilItCan() {
        try (Fleet fleet = Fleet.of(1)) {
            AtomicBoolean broken = new AtomicBoolean(true);
            ManagedChannel channel = fleet.open(fleet.builder().setNameResolverArg(EvenkeelGrpc.ADDRESSES, endpoint -> {
                if (broken.get()) {
                    throw new IllegalStateException("a bug");
                }
                return EvenkeelGrpc.address(endpoint);
            }));
            for (int i = 0; i < 2; i++) {
                Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
                assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(status.getDescription())
                        .contains("orders: the list of endpoints could not be read: "
                                + "java.lang.IllegalStateException: a bug");
            }

            broken.set(false);
            TestServer joining = new TestServer();
            fleet.servers.add(joining);
            fleet.source.put(joining.endpoint());
            fleet.connect(channel);
            fleet.settled();
        }
        assertThat(log.messages)
                .containsExactly("the list of orders could not be told to a channel; it is logged only this once");
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

    @Test
    void whatGoesWrongInATracerIsSwallowedAndLoggedOnce() {
        AtomicBoolean broken = new AtomicBoolean();
        Environment system = Environment.system();
        Environment environment = new Environment(
                () -> {
                    if (broken.get() && isInTracer()) {
                        throw new IllegalStateException("a bug");
                    }
                    return system.ticker().nanos();
                },
                system.scheduler(),
                system.blocking(),
                system.random());
        try (Fleet fleet = Fleet.of(2, settings -> settings.environment(environment))) {
            ManagedChannel channel = fleet.connectedChannel();
            broken.set(true);
            for (int i = 0; i < 10; i++) {
                assertThat(Fleet.get(channel, "x")).startsWith("x@");
            }
            Until.until("it was logged", () -> !log.messages.isEmpty());

            broken.set(false);
            for (int i = 0; i < 10; i++) {
                assertThat(Fleet.get(channel, "x")).startsWith("x@");
            }
            fleet.settled();
        }
        assertThat(log.messages)
                .containsExactly("orders: a call's headers could not be accounted for; it is logged only this once");
    }

    private static boolean isInTracer() {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().equals(AttemptTracer.class.getName())));
    }

    @Test
    void anExceptionThatATracerLetsOutHangsItsCallBeyondItsDeadline() {
        try (Fleet fleet = Fleet.of(1)) {
            ManagedChannel channel = fleet.connectedChannel();
            AtomicBoolean thrown = new AtomicBoolean();
            CallOptions options = CallOptions.DEFAULT
                    .withDeadlineAfter(50, TimeUnit.MILLISECONDS)
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
            assertThatThrownBy(() -> call.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        }
    }
}
