package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.xds.shaded.io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A control plane that names our policy: what it lists is balanced by a load balancer that the policy makes for itself. */
class XdsTest {
    private final List<TestServer> servers =
            Stream.generate(TestServer::new).limit(4).toList();
    private ControlPlane controlPlane;
    private NameResolverProvider resolver;
    private ManagedChannel channel;

    private void use(LoadBalancingPolicy policy) {
        controlPlane = new ControlPlane(policy, servers);
        resolver = controlPlane.resolver();
        NameResolverRegistry.getDefaultRegistry().register(resolver);
        channel = NettyChannelBuilder.forTarget(
                        ControlPlane.SCHEME + ":///" + Fleet.NAME, InsecureChannelCredentials.create())
                .intercept(EvenkeelGrpc.interceptor())
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        NameResolverRegistry.getDefaultRegistry().deregister(resolver);
        controlPlane.close();
        servers.forEach(TestServer::close);
    }

    private void connect() {
        Until.until("all are connected to", () -> {
            Fleet.get(channel, "warm-up");
            return servers.stream().allMatch(server -> server.calls.get() > 0);
        });
        servers.forEach(server -> server.calls.set(0));
    }

    private static LoadBalancingPolicy ours() {
        return ControlPlane.named("dev.evenkeel.lb.Evenkeel", Struct.getDefaultInstance());
    }

    static Stream<LoadBalancingPolicy> places() {
        LoadBalancingPolicy byShortName = ControlPlane.named("evenkeel", Struct.getDefaultInstance());
        LoadBalancingPolicy unknown = ControlPlane.named("test.NobodyKnowsIt", Struct.getDefaultInstance());
        LoadBalancingPolicy second =
                unknown.toBuilder().addPolicies(ours().getPolicies(0)).build();
        return Stream.of(ours(), byShortName, second, ControlPlane.within(ours()));
    }

    @ParameterizedTest
    @MethodSource("places")
    void whateverTheControlPlaneListsGetsCalls(LoadBalancingPolicy policy) {
        use(policy);
        connect();
        for (int i = 0; i < 90; i++) {
            assertThat(Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x")).startsWith("x@");
        }
    }

    /** Which no policy of gRPC's would do without being told. */
    @ParameterizedTest
    @MethodSource("places")
    void anEndpointThatFailsIsLeftAlone(LoadBalancingPolicy policy) {
        use(policy);
        connect();
        AtomicReference<TestServer> failing = new AtomicReference<>();
        servers.forEach(server -> server.behaviour = (request, response) -> {
            if (failing.compareAndSet(null, server) || failing.get() == server) {
                response.onError(Status.INTERNAL.asRuntimeException());
            } else {
                server.echo.answer(request, response);
            }
        });
        for (int i = 0; i < 200; i++) {
            try {
                Fleet.get(channel, "x");
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
            }
        }
        assertThat(failing.get().calls.get()).as("in turns it would be 50").isLessThanOrEqualTo(20);
    }

    @Test
    void whatTheControlPlaneWantsRepeatedIsRepeatedElsewhere() {
        use(ours());
        connect();
        AtomicReference<String> failing = new AtomicReference<>();
        servers.forEach(server -> server.behaviour = (request, response) -> {
            if (failing.compareAndSet(null, server.address())) {
                response.onError(Status.UNAVAILABLE.asRuntimeException());
            } else {
                server.echo.answer(request, response);
            }
        });

        assertThat(Fleet.call(channel, Echo.POST, CallOptions.DEFAULT, "x"))
                .as("the control plane did not ask whether calls are idempotent")
                .startsWith("x@")
                .isNotEqualTo("x@" + failing.get());
        assertThat(servers.stream().mapToInt(server -> server.calls.get()).sum())
                .isEqualTo(2);
    }

    @Test
    void aSettingThatWouldHaveNoEffectIsRefused() {
        use(ControlPlane.named("dev.evenkeel.lb.Evenkeel", ControlPlane.setting("choices", 2)));
        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        Until.until("the control plane hears of it", () -> !controlPlane.refused.isEmpty());
        assertThat(controlPlane.refused.peek())
                .as("gRPC names the cluster, and does not pass on why")
                .contains("'orders-cluster' validation error");
    }
}
