package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.time.VirtualTime;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** What gRPC is to a policy: it remembers the states that were published, and its timers go off when the test says so. */
final class ScriptedChannel extends LoadBalancer.Helper implements AutoCloseable {
    /** What gRPC asks a picker about a call without any options. */
    static final LoadBalancer.PickSubchannelArgs CALL = call(CallOptions.DEFAULT);

    /** Returns what gRPC asks a picker about a call. */
    static LoadBalancer.PickSubchannelArgs call(CallOptions options) {
        return new LoadBalancer.PickSubchannelArgs() {
            @Override
            public CallOptions getCallOptions() {
                return options;
            }

            @Override
            public Metadata getHeaders() {
                return new Metadata();
            }

            @Override
            public MethodDescriptor<?, ?> getMethodDescriptor() {
                return Echo.POST;
            }
        };
    }

    final List<ConnectivityState> states = new ArrayList<>();
    int lookups; // how often the resolver was asked to look again

    private LoadBalancer.SubchannelPicker picker; // the latest
    private final SynchronizationContext context = new SynchronizationContext((thread, thrown) -> {
        throw new AssertionError(thrown);
    });
    private final List<Timer> timers = new ArrayList<>();
    private long nowNanos;
    private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1) {
        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            timers.add(new Timer(nowNanos + unit.toNanos(delay), task));
            return super.schedule(() -> {}, 0, TimeUnit.SECONDS);
        }
    };

    private record Timer(long dueNanos, Runnable task) {}

    /** Returns the state that was published last. */
    ConnectivityState state() {
        return states.get(states.size() - 1);
    }

    /** Returns the picker that was published last. */
    LoadBalancer.SubchannelPicker picker() {
        return picker;
    }

    /** Returns a service in which time stands still. */
    static dev.evenkeel.lb.LoadBalancer service(Endpoint... endpoints) {
        return dev.evenkeel.lb.LoadBalancer.builder(Fleet.NAME)
                .endpoints(EndpointSource.of(List.of(endpoints)))
                .environment(new VirtualTime().environment(new Random(42)))
                .build();
    }

    /** Returns a list as our resolver tells it. */
    static LoadBalancer.ResolvedAddresses list(dev.evenkeel.lb.LoadBalancer service, List<Endpoint> endpoints) {
        return LoadBalancer.ResolvedAddresses.newBuilder()
                .setAddresses(endpoints.stream().map(ScriptedChannel::address).toList())
                .setAttributes(Attributes.newBuilder()
                        .set(ServiceAttributes.SERVICE, service)
                        .build())
                .build();
    }

    /** Returns the same list, in which these endpoints have no address. */
    static LoadBalancer.ResolvedAddresses withoutAddress(LoadBalancer.ResolvedAddresses list, Endpoint... lacking) {
        return list.toBuilder()
                .setAddresses(list.getAddresses().stream()
                        .map(group ->
                                List.of(lacking).contains(group.getAttributes().get(ServiceAttributes.ENDPOINT))
                                        ? new EquivalentAddressGroup(
                                                group.getAddresses(),
                                                group.getAttributes().toBuilder()
                                                        .set(ServiceAttributes.NO_ADDRESS, Status.UNAVAILABLE)
                                                        .build())
                                        : group)
                        .toList())
                .build();
    }

    static EquivalentAddressGroup address(Endpoint endpoint) {
        return new EquivalentAddressGroup(
                EvenkeelGrpc.address(endpoint),
                Attributes.newBuilder()
                        .set(ServiceAttributes.ENDPOINT, endpoint)
                        .build());
    }

    /** Lets the time of all timers come that were not cancelled. */
    void passTime() {
        List<Timer> due = List.copyOf(timers);
        timers.clear();
        due.forEach(timer -> timer.task().run());
    }

    /** Lets so much time pass. Timers whose time comes go off, unless they were cancelled. */
    void pass(Duration time) {
        long end = nowNanos + time.toNanos();
        Optional<Timer> next = nextBefore(end);
        while (next.isPresent()) {
            nowNanos = next.get().dueNanos();
            timers.remove(next.get());
            next.get().task().run();
            next = nextBefore(end);
        }
        nowNanos = end;
    }

    private Optional<Timer> nextBefore(long endNanos) {
        return timers.stream()
                .filter(timer -> timer.dueNanos() <= endNanos)
                .min(Comparator.comparingLong(Timer::dueNanos));
    }

    /** Lets the time come of the timer that was set first, unless that was cancelled. */
    void passTimeOfTheFirst() {
        timers.remove(0).task().run();
    }

    @Override
    public void updateBalancingState(ConnectivityState state, LoadBalancer.SubchannelPicker newPicker) {
        states.add(state);
        picker = newPicker;
    }

    @Override
    public void refreshNameResolution() {
        lookups++;
    }

    @Override
    public SynchronizationContext getSynchronizationContext() {
        return context;
    }

    @Override
    public ScheduledExecutorService getScheduledExecutorService() {
        return scheduler;
    }

    /** Nobody looks at connections, or the test would wait for timers that are not its own. */
    @Override
    public NameResolver.Args getNameResolverArgs() {
        return NameResolver.Args.newBuilder()
                .setDefaultPort(0)
                .setProxyDetector(address -> null)
                .setSynchronizationContext(context)
                .setServiceConfigParser(new NameResolver.ServiceConfigParser() {
                    @Override
                    public NameResolver.ConfigOrError parseServiceConfig(Map<String, ?> config) {
                        throw new UnsupportedOperationException();
                    }
                })
                .setArg(EvenkeelGrpc.LIVENESS_INTERVAL, Duration.ZERO)
                .build();
    }

    @Override
    public ManagedChannel createOobChannel(EquivalentAddressGroup addresses, String authority) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String getAuthority() {
        return Fleet.NAME;
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
