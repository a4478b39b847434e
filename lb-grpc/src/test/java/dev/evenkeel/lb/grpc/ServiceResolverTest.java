package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.EquivalentAddressGroup;
import io.grpc.HttpConnectProxiedSocketAddress;
import io.grpc.NameResolver;
import io.grpc.ProxiedSocketAddress;
import io.grpc.ProxyDetector;
import io.grpc.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a channel is told of endpoints whose addresses cannot be had. */
class ServiceResolverTest {
    private static final Endpoint A = Endpoint.of("10.0.0.1:80");
    private static final Endpoint B = Endpoint.of("10.0.0.2:80");

    private static final ProxyDetector NO_PROXY = target -> null;

    private final LoadBalancer service = ScriptedChannel.service(A, B);
    private final ScriptedChannel channel = new ScriptedChannel();
    private final AtomicBoolean broken = new AtomicBoolean(true);
    private final Names names = new Names();
    private LoadBalancer named;
    private final AtomicInteger asked = new AtomicInteger();
    private final List<List<EquivalentAddressGroup>> told = new ArrayList<>();
    private final ServiceResolver resolver =
            resolver(args().setScheduledExecutorService(channel.getScheduledExecutorService()));

    private final NameResolver.Listener2 listener = new NameResolver.Listener2() {
        @Override
        public void onResult(NameResolver.ResolutionResult result) {
            told.add(result.getAddressesOrError().getValue());
        }

        @Override
        public Status onResult2(NameResolver.ResolutionResult result) {
            onResult(result);
            return Status.OK;
        }

        @Override
        public void onError(Status error) {
            throw new AssertionError(error);
        }
    };

    private NameResolver.Args.Builder args() {
        return NameResolver.Args.newBuilder()
                .setOffloadExecutor(Runnable::run)
                .setDefaultPort(0)
                .setProxyDetector(address -> null)
                .setSynchronizationContext(channel.getSynchronizationContext())
                .setServiceConfigParser(new NameResolver.ServiceConfigParser() {
                    @Override
                    public NameResolver.ConfigOrError parseServiceConfig(Map<String, ?> config) {
                        return NameResolver.ConfigOrError.fromConfig(config);
                    }
                });
    }

    private ServiceResolver resolver(NameResolver.Args.Builder args) {
        return new ServiceResolver(
                service,
                endpoint -> {
                    asked.incrementAndGet();
                    return broken.get() && endpoint.equals(A) ? null : EvenkeelGrpc.address(endpoint);
                },
                args.build());
    }

    @AfterEach
    void close() {
        resolver.shutdown();
        channel.close();
        service.close();
        if (named != null) {
            named.close();
        }
    }

    private static Status whyNot(EquivalentAddressGroup group) {
        return group.getAttributes().get(ServiceAttributes.NO_ADDRESS);
    }

    @Test
    void itIsToldWithTheOthersAndAskedForAgainUntilItCan() {
        resolver.start(listener);
        assertThat(told).hasSize(1);
        assertThat(whyNot(told.get(0).get(0)).getDescription())
                .isEqualTo("EvenkeelGrpc.ADDRESSES has no address for 10.0.0.1:80");
        assertThat(whyNot(told.get(0).get(1))).isNull();

        broken.set(false);
        channel.pass(Duration.ofSeconds(4));
        assertThat(told).hasSize(2);
        assertThat(whyNot(told.get(1).get(0))).isNull();
        assertThat(told.get(1).get(1)).as("it is the same").isSameAs(told.get(0).get(1));

        channel.pass(Duration.ofMinutes(1));
        assertThat(told).as("nothing has moved").hasSize(2);
        assertThat(asked.get()).as("each every 4 s").isEqualTo(2 * 17);
    }

    @Test
    void whereThereAreNoTimersItIsAskedForWithTheNextList() {
        ServiceResolver withoutTimers = resolver(args());
        withoutTimers.start(listener);
        assertThat(told).as("and no error").hasSize(1);
        broken.set(false);
        withoutTimers.refresh();
        assertThat(whyNot(told.get(1).get(0))).isNull();
        withoutTimers.shutdown();
    }

    /** Resolves names instead, and asks this detector for proxies. */
    private ServiceResolver named(ProxyDetector proxies, Endpoint... endpoints) {
        named = ScriptedChannel.service(endpoints);
        ServiceResolver itsResolver = new ServiceResolver(
                named,
                null,
                args().setScheduledExecutorService(channel.getScheduledExecutorService())
                        .setArg(EvenkeelGrpc.HOST_LOOKUP, names)
                        .setProxyDetector(proxies)
                        .build());
        itsResolver.start(listener);
        return itsResolver;
    }

    private List<SocketAddress> addresses(int list) {
        return told.get(list).stream()
                .flatMap(group -> group.getAddresses().stream())
                .toList();
    }

    private static SocketAddress at(String ip) {
        return EvenkeelGrpc.address(Endpoint.of(ip, 80));
    }

    @Test
    void aNameThatMovedIsToldAfterFourSecondsAndOneThatDidNotIsNot() {
        names.put("a.internal", "10.0.0.1", "10.0.0.2").put("b.internal", "10.0.0.3");
        ServiceResolver itsResolver = named(NO_PROXY, Endpoint.of("a.internal:80"), Endpoint.of("b.internal:80"));
        assertThat(addresses(0)).containsExactly(at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3"));

        names.put("a.internal", "10.0.0.2", "10.0.0.1");
        channel.pass(Duration.ofMinutes(1));
        assertThat(told).as("the order is no news").hasSize(1);

        names.put("a.internal", "10.0.0.4");
        channel.pass(Duration.ofSeconds(4));
        assertThat(addresses(1)).containsExactly(at("10.0.0.4"), at("10.0.0.3"));
        assertThat(told.get(1).get(1)).isSameAs(told.get(0).get(1));
        itsResolver.shutdown();
    }

    @Test
    void aLostConnectionHasNamesLookedUpAtOnceAndOnceASecondAtMost() {
        names.put("a.internal", "10.0.0.1");
        ServiceResolver itsResolver = named(NO_PROXY, Endpoint.of("a.internal:80"));
        names.put("a.internal", "10.0.0.2");
        itsResolver.refresh();
        assertThat(addresses(1)).containsExactly(at("10.0.0.2"));

        names.put("a.internal", "10.0.0.3");
        int before = names.lookups.get();
        for (int i = 0; i < 100; i++) {
            itsResolver.refresh();
        }
        assertThat(names.lookups.get()).isEqualTo(before);
        channel.pass(Duration.ofSeconds(1));
        assertThat(names.lookups.get()).isEqualTo(before + 1);
        assertThat(addresses(2)).containsExactly(at("10.0.0.3"));
        itsResolver.shutdown();
    }

    @Test
    void ipAddressesNeedNoTimerAndNoLookUp() {
        ServiceResolver itsResolver = named(NO_PROXY, A, B);
        itsResolver.refresh();
        channel.pass(Duration.ofHours(1));
        assertThat(told).hasSize(1);
        assertThat(names.lookups.get()).isZero();
        itsResolver.shutdown();
    }

    @Test
    void oneNameThatCannotBeLookedUpConcernsNoOther() {
        names.put("b.internal", "10.0.0.3");
        ServiceResolver itsResolver = named(NO_PROXY, Endpoint.of("a.internal:80"), Endpoint.of("b.internal:80"));
        assertThat(Reasons.of(whyNot(told.get(0).get(0))))
                .isEqualTo(
                        "the host name a.internal could not be looked up: java.net.UnknownHostException: a.internal");
        assertThat(told.get(0).get(1).getAddresses()).containsExactly(at("10.0.0.3"));
        itsResolver.shutdown();
    }

    @Test
    void theChannelsProxyIsAskedForEachAddressAsForATarget() {
        ProxiedSocketAddress proxied = HttpConnectProxiedSocketAddress.newBuilder()
                .setProxyAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 3128))
                .setTargetAddress(InetSocketAddress.createUnresolved("a.internal", 80))
                .build();
        List<SocketAddress> targets = new ArrayList<>();
        ServiceResolver itsResolver = named(
                target -> {
                    targets.add(target);
                    if (targets.size() == 3) {
                        throw new IOException("no way to " + target);
                    }
                    return targets.size() == 1 ? proxied : null;
                },
                Endpoint.of("10.0.0.1:80"),
                Endpoint.of("10.0.0.2:80"),
                Endpoint.of("10.0.0.3:80"));
        assertThat(targets)
                .containsExactly(
                        InetSocketAddress.createUnresolved("10.0.0.1", 80),
                        InetSocketAddress.createUnresolved("10.0.0.2", 80),
                        InetSocketAddress.createUnresolved("10.0.0.3", 80));
        assertThat(told.get(0).get(0).getAddresses()).containsExactly(proxied);
        assertThat(told.get(0).get(1).getAddresses()).containsExactly(at("10.0.0.2"));
        assertThat(Reasons.of(whyNot(told.get(0).get(2)))).contains("no way to").contains("10.0.0.3");
        assertThat(names.lookups.get()).isZero();
        itsResolver.shutdown();
    }

    @Test
    void nothingIsAskedForAfterTheEnd() {
        resolver.start(listener);
        resolver.shutdown();
        broken.set(false);
        channel.pass(Duration.ofMinutes(1));
        assertThat(told).hasSize(1);
        assertThat(asked.get()).isEqualTo(2);
    }
}
