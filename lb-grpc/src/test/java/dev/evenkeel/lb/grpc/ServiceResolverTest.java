package dev.evenkeel.lb.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
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

    private final LoadBalancer service = ScriptedChannel.service(A, B);
    private final ScriptedChannel channel = new ScriptedChannel();
    private final AtomicBoolean broken = new AtomicBoolean(true);
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
        channel.pass(Duration.ofSeconds(10));
        assertThat(told).hasSize(2);
        assertThat(whyNot(told.get(1).get(0))).isNull();
        assertThat(told.get(1).get(1)).as("it is the same").isSameAs(told.get(0).get(1));
        assertThat(asked.get()).isEqualTo(3);

        channel.pass(Duration.ofMinutes(1));
        assertThat(told).as("nothing is lacking").hasSize(2);
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
