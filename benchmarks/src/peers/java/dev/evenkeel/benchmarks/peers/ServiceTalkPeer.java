package dev.evenkeel.benchmarks.peers;

import io.servicetalk.client.api.DefaultServiceDiscovererEvent;
import io.servicetalk.client.api.LoadBalancer;
import io.servicetalk.client.api.RequestConcurrencyController.Result;
import io.servicetalk.client.api.ServiceDiscovererEvent;
import io.servicetalk.concurrent.Cancellable;
import io.servicetalk.concurrent.SingleSource;
import io.servicetalk.concurrent.api.Publisher;
import io.servicetalk.concurrent.api.SourceAdapters;
import io.servicetalk.loadbalancer.LoadBalancers;
import io.servicetalk.loadbalancer.LoadBalancingPolicy;
import io.servicetalk.loadbalancer.OutlierDetectorConfig;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** ServiceTalk's load balancer over connections in memory, which tell its tracker of each request, as its HTTP connections do. */
final class ServiceTalkPeer implements Peer {
    private final LoadBalancer<MemoryConnection> balancer;

    private ServiceTalkPeer(LoadBalancer<MemoryConnection> balancer) {
        this.balancer = balancer;
    }

    static Peer open(LoadBalancingPolicy<Integer, MemoryConnection> policy, OutlierDetectorConfig outliers, int n) {
        List<ServiceDiscovererEvent<Integer>> everybody = IntStream.range(0, n)
                .<ServiceDiscovererEvent<Integer>>mapToObj(
                        i -> new DefaultServiceDiscovererEvent<>(i, ServiceDiscovererEvent.Status.AVAILABLE))
                .toList();
        return new ServiceTalkPeer(LoadBalancers.<Integer, MemoryConnection>builder("bench.svc")
                .loadBalancingPolicy(policy)
                .outlierDetectorConfig(outliers)
                .build()
                .newLoadBalancer(
                        Publisher.from(everybody).concat(Publisher.never()), new MemoryConnections(), "bench.svc"));
    }

    @Override
    public Caller newCaller() {
        return new Subscriber();
    }

    @Override
    public void close() {
        balancer.closeAsync().subscribe();
    }

    /** Connections in memory are selected at once, on the thread that subscribes. */
    private final class Subscriber implements Caller, SingleSource.Subscriber<MemoryConnection> {
        private @Nullable MemoryConnection selected; // by the one thread that calls

        @Override
        public Object pickAndComplete() {
            selected = null;
            SourceAdapters.toSource(balancer.selectConnection(connection -> connection.tryRequest() == Result.Accepted, null))
                    .subscribe(this);
            MemoryConnection connection = Objects.requireNonNull(selected, "nobody was selected at once");
            connection.succeed();
            return connection;
        }

        @Override
        public void onSubscribe(Cancellable cancellable) {}

        @Override
        public void onSuccess(@Nullable MemoryConnection connection) {
            selected = connection;
        }

        @Override
        public void onError(Throwable failure) {
            throw new IllegalStateException(failure);
        }
    }
}
