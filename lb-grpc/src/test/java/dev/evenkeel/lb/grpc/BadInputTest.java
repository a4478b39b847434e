package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.retry.Hedging;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadInputTest {
    private final LoadBalancers services = LoadBalancers.of(LoadBalancer.builder("orders")
            .endpoints(EndpointSource.of("127.0.0.1:1"))
            .build());

    private static NettyChannelBuilder to(String target) {
        return NettyChannelBuilder.forTarget(target, InsecureChannelCredentials.create());
    }

    @AfterEach
    void close() {
        services.close();
    }

    @Test
    void anUnknownServiceIsNamedWhenTheChannelIsBuilt() {
        assertThatThrownBy(() ->
                        EvenkeelGrpc.configure(to("lb:///invoices"), services).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no load balancer for service 'invoices', there are: orders");
    }

    @Test
    void aChannelThatWasNotToldOfItsServicesIsNotBuilt() {
        assertThatThrownBy(() -> to("lb:///orders").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("EvenkeelGrpc.configure(builder, services)");
    }

    @ParameterizedTest
    @CsvSource({
        "lb:///, names no service",
        "lb://orders, there is 'orders' between the second and the third slash",
        "lb://orders/, there is 'orders' between the second and the third slash",
        "lb:///orders:8443, 'it has a port, which belongs to the endpoints'",
        "lb:///shop/orders, there is a slash in the service's name",
        "lb:///orders?zone=a, it has a query or a fragment",
        "lb:orders, names no service"
    })
    void aMalformedTargetIsRefusedWhenTheChannelIsBuilt(String target, String why) {
        assertThatThrownBy(() -> EvenkeelGrpc.configure(to(target), services).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be lb:///service")
                .hasMessageContaining(why);
    }

    @Test
    void aGrpcThatIsTooOldIsNamedWithWhatItLacks() {
        GrpcVersion.check();

        assertThatThrownBy(() -> GrpcVersion.check(NettyChannelBuilder.class, "setNothing"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("must be 1.70.0 or newer")
                .hasMessageContaining("NettyChannelBuilder has no setNothing in ")
                .hasMessageContaining("grpc-netty");
    }

    /** Sees this module and gRPC, except for a class that older versions do not have. */
    private static final class WithoutArguments extends ClassLoader {
        WithoutArguments() {
            super(BadInputTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.equals("io.grpc.NameResolver$Args$Key")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("io.grpc.") && !name.startsWith("dev.evenkeel.lb.grpc.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void aGrpcWithoutArgumentsForResolversIsNamedBeforeAnythingElseFails() {
        WithoutArguments old = new WithoutArguments();
        assertThatThrownBy(() -> Class.forName(EvenkeelGrpc.class.getName(), true, old))
                .isInstanceOf(ExceptionInInitializerError.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("grpc-java is too old, must be 1.70.0 or newer: ");
    }

    @Test
    void loadBalancersForATargetThatNamesNoneAreMissedInTheLog() {
        try (Log log = Log.of(Level.WARNING)) {
            ManagedChannel channel =
                    EvenkeelGrpc.configure(to("dns:///127.0.0.1:1"), services).build();
            channel.getState(true);
            Until.until("it is said", () -> !log.messages.isEmpty());
            assertThat(log.messages)
                    .containsExactly("the channel to 127.0.0.1:1 was given load balancers, which are not used:"
                            + " its target is not lb:///service, so it is balanced by one of its own");
            channel.shutdownNow();
        }
    }

    @Test
    void anAddressThatIsNullFailsCallsAndNotTheChannel() {
        ManagedChannel channel = EvenkeelGrpc.configure(to("lb:///orders"), services)
                .setNameResolverArg(EvenkeelGrpc.ADDRESSES, endpoint -> null)
                .build();
        assertThat(Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT).getDescription())
                .contains("EvenkeelGrpc.ADDRESSES has no address for ");
        assertThat(channel.getState(false)).isEqualTo(ConnectivityState.TRANSIENT_FAILURE);
        channel.shutdownNow();
    }

    @Test
    void thePolicyRefusesSettingsThatWouldHaveNoEffect() {
        assertThatThrownBy(() -> to("lb:///orders")
                        .setNameResolverArg(EvenkeelGrpc.SERVICES, services)
                        .defaultServiceConfig(
                                Map.of("loadBalancingConfig", List.of(Map.of("evenkeel", Map.of("choices", 2.0)))))
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("policy evenkeel is configured with [choices], must be configured with nothing");
    }

    @Test
    void hedgingThatWouldSilentlyDoNothingIsLoggedWhenTheChannelIsBuilt() {
        try (Log log = Log.of(Level.WARNING);
                LoadBalancers hedging = LoadBalancers.of(LoadBalancer.builder("orders")
                        .endpoints(EndpointSource.of("127.0.0.1:1"))
                        .hedging(Hedging.DEFAULT)
                        .build())) {
            EvenkeelGrpc.configure(to("lb:///orders"), services).build().shutdownNow();
            assertThat(log.messages).isEmpty();
            EvenkeelGrpc.configure(to("lb:///orders"), hedging).build().shutdownNow();
            assertThat(log.messages)
                    .singleElement()
                    .asString()
                    .startsWith(
                            "orders: hedging and attemptTimeout are not for gRPC channels, where they have no effect");
        }
    }

    @Test
    void aServiceWithoutEndpointsFailsCallsAndSaysSo() {
        LoadBalancers empty = LoadBalancers.of(LoadBalancer.builder("orders")
                .endpoints(EndpointSource.of())
                .listHold(java.time.Duration.ZERO)
                .build());
        ManagedChannel channel =
                EvenkeelGrpc.configure(to("lb:///orders"), empty).build();
        Status status = Fleet.fail(channel, Echo.GET, CallOptions.DEFAULT);
        channel.shutdownNow();
        empty.close();

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("orders has no endpoints: 0 endpoints");
    }
}
