package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.evenkeel.lb.LoadBalancers;
import io.grpc.InsecureChannelCredentials;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What gRPC's service loader does not find, and what another copy of this library has registered. */
class RegistrationTest {
    private static final NameResolverRegistry SCHEMES = NameResolverRegistry.getDefaultRegistry();
    private static final LoadBalancerRegistry POLICIES = LoadBalancerRegistry.getDefaultRegistry();

    private final Fleet fleet = Fleet.of(2);

    @AfterEach
    void close() {
        fleet.close();
    }

    private static void forget() {
        NameResolverProvider scheme = SCHEMES.getProviderForScheme(ServiceTarget.SCHEME);
        if (scheme != null) {
            SCHEMES.deregister(scheme);
        }
        for (String name : List.of(EvenkeelPolicyProvider.NAME, QualifiedPolicyProvider.QUALIFIED_NAME)) {
            LoadBalancerProvider policy = POLICIES.getProvider(name);
            if (policy != null) {
                POLICIES.deregister(policy);
            }
        }
    }

    /** As where {@code META-INF/services} was lost, or gRPC is in a class loader that does not see ours. */
    @Test
    void configureRegistersWhatTheServiceLoaderDidNotFind() {
        forget();
        assertThat(SCHEMES.getProviderForScheme(ServiceTarget.SCHEME)).isNull();

        fleet.connectedChannel();

        assertThat(SCHEMES.getProviderForScheme(ServiceTarget.SCHEME)).isInstanceOf(ServiceResolverProvider.class);
        assertThat(POLICIES.getProvider(EvenkeelPolicyProvider.NAME)).isInstanceOf(EvenkeelPolicyProvider.class);
        assertThat(POLICIES.getProvider(QualifiedPolicyProvider.QUALIFIED_NAME))
                .isInstanceOf(QualifiedPolicyProvider.class);
    }

    @Test
    void aSchemeMayBeAddedButNotTakenFromSomebodyElse() {
        EvenkeelGrpc.registerScheme("test-lb");
        EvenkeelGrpc.registerScheme("test-lb");
        ManagedChannel channel = fleet.open(EvenkeelGrpc.configure(
                NettyChannelBuilder.forTarget("test-lb:///" + Fleet.NAME, InsecureChannelCredentials.create()),
                fleet.services));
        fleet.connect(channel);

        assertThatThrownBy(() -> EvenkeelGrpc.registerScheme("dns"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("scheme 'dns' is taken by io.grpc.");
        for (String malformed : List.of("", "1lb", "LB", "l b", "lb:")) {
            assertThatThrownBy(() -> EvenkeelGrpc.registerScheme(malformed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must begin with a letter");
        }
    }

    /** A vendor's jar has a copy of this module, which gRPC found later. */
    @Test
    void aSecondCopyIsToldWhatToDoAndThenWorksBesideTheFirst() throws ReflectiveOperationException {
        ManagedChannel ours = fleet.connectedChannel();
        Class<?> second = Class.forName(EvenkeelGrpc.class.getName(), true, new Copy());
        assertThat(second).isNotSameAs(EvenkeelGrpc.class);

        assertThatThrownBy(() -> configure(second, "lb:///" + Fleet.NAME).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another copy")
                .hasMessageContaining("the scheme lb belongs to the copy")
                .hasMessageContaining("EvenkeelGrpc.registerScheme");

        second.getMethod("registerScheme", String.class).invoke(null, "second-lb");
        fleet.connect(fleet.open(configure(second, "second-lb:///" + Fleet.NAME)));
        assertThat(fleet.loadBalancer.endpoints())
                .as("it is this load balancer that balances the channel, and none of its own")
                .allSatisfy(status -> assertThat(status.attempts()).isPositive());
        assertThat(Fleet.get(ours, "x")).as("and the first goes on").startsWith("x@");
    }

    private ManagedChannelBuilder<?> configure(Class<?> copy, String target) throws ReflectiveOperationException {
        ManagedChannelBuilder<?> builder = NettyChannelBuilder.forTarget(target, InsecureChannelCredentials.create());
        try {
            copy.getMethod("configure", ManagedChannelBuilder.class, LoadBalancers.class)
                    .invoke(null, builder, fleet.services);
        } catch (InvocationTargetException e) {
            throw new AssertionError(Objects.requireNonNull(e.getCause()));
        }
        return builder;
    }

    /** Has classes of this module of its own. */
    private static final class Copy extends ClassLoader {
        Copy() {
            super(RegistrationTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.evenkeel.lb.grpc.")) {
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
}
