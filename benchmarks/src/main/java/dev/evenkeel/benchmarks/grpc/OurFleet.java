package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.MutableEndpointSource;
import dev.evenkeel.lb.grpc.EvenkeelGrpc;
import dev.evenkeel.lb.grpc.ServiceResolverProvider;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import io.grpc.NameResolver;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Our policy, told by our resolver, told by a load balancer of the default configuration. The resolver's work is counted too. */
final class OurFleet implements ListedFleet {
    private static final String SERVICE = "bench.svc";

    private final MutableEndpointSource source = MutableEndpointSource.of();
    private final LoadBalancer loadBalancer = LoadBalancer.builder(SERVICE)
            .endpoints(source)
            .subsetting(Subsetting.OFF)
            .build();
    private final LoadBalancers services = LoadBalancers.of(loadBalancer);
    private final FakeChannel channel = new FakeChannel(GrpcPolicy.EVENKEEL.provider());
    private final NameResolver resolver;
    private boolean started;

    OurFleet() {
        NameResolver.Args args = NameResolver.Args.newBuilder()
                .setArg(EvenkeelGrpc.SERVICES, services)
                .setChannelLogger(channel.getChannelLogger())
                .setDefaultPort(443)
                .setProxyDetector(address -> null)
                .setServiceConfigParser(new NoConfig())
                .setSynchronizationContext(channel.getSynchronizationContext())
                .build();
        this.resolver = Objects.requireNonNull(
                new ServiceResolverProvider().newNameResolver(URI.create("lb:///" + SERVICE), args));
    }

    @Override
    public FakeChannel channel() {
        return channel;
    }

    /** While the context is ours, what the load balancer does to it waits for us, and then runs on this thread. */
    @Override
    public long take(List<Endpoint> endpoints) {
        Began began = new Began();
        channel.getSynchronizationContext().execute(() -> {
            setAndWait(endpoints);
            began.nanos = Cpu.ofThisThread();
            if (!started) {
                started = true;
                resolver.start(new ToPolicy());
            }
        });
        return Cpu.ofThisThread() - began.nanos;
    }

    /** Waits until the resolver knows too: who listens later is told later. */
    private void setAndWait(List<Endpoint> endpoints) {
        CountDownLatch told = new CountDownLatch(1);
        LoadBalancer.Registration registration = loadBalancer.addListener(new Arrival(told));
        source.set(endpoints);
        try {
            if (!told.await(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the list does not arrive");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        registration.close();
    }

    @Override
    public void close() {
        channel.getSynchronizationContext().execute(resolver::shutdown);
        channel.close();
        services.close();
    }

    private static final class Began {
        private long nanos;
    }

    private record Arrival(CountDownLatch told) implements LoadBalancerListener {
        @Override
        public void onEvent(Event event) {
            if (event.type() == Event.Type.ADDED || event.type() == Event.Type.REMOVED) {
                told.countDown();
            }
        }
    }

    private final class ToPolicy extends NameResolver.Listener2 {
        @Override
        public void onResult(NameResolver.ResolutionResult result) {
            channel.accept(result.getAddressesOrError().getValue(), result.getAttributes(), null);
        }

        @Override
        public Status onResult2(NameResolver.ResolutionResult result) {
            onResult(result);
            return Status.OK;
        }

        @Override
        public void onError(Status error) {
            throw new IllegalStateException(error.toString());
        }
    }

    /** The channel's parser is gRPC's own work. */
    private static final class NoConfig extends NameResolver.ServiceConfigParser {
        @Override
        public ConfigOrError parseServiceConfig(Map<String, ?> raw) {
            return ConfigOrError.fromConfig(raw);
        }
    }
}
