package dev.evenkeel.benchmarks.peers;

import com.twitter.finagle.NoBrokersAvailableException;
import com.twitter.finagle.Service;
import com.twitter.finagle.ServiceFactory;
import com.twitter.finagle.Stack;
import com.twitter.finagle.loadbalancer.EndpointFactory;
import com.twitter.finagle.loadbalancer.LoadBalancerFactory;
import com.twitter.finagle.param.Stats;
import com.twitter.finagle.stats.NullStatsReceiver;
import com.twitter.util.Activity;
import com.twitter.util.Await;
import java.util.stream.Stream;
import scala.collection.immutable.IndexedSeq;
import scala.jdk.javaapi.CollectionConverters;

/** Finagle's balancer without metrics, over sessions in memory; a session is one request, and its end is the feedback. */
final class FinaglePeer implements Peer {
    private final ServiceFactory<Object, Object> balancer;

    private FinaglePeer(ServiceFactory<Object, Object> balancer) {
        this.balancer = balancer;
    }

    static Peer open(LoadBalancerFactory policy, int n) {
        IndexedSeq<EndpointFactory<Object, Object>> endpoints = CollectionConverters.asScala(
                        Stream.<EndpointFactory<Object, Object>>generate(MemorySessions::new)
                                .limit(n)
                                .iterator())
                .toIndexedSeq();
        Stack.Params silent =
                Stack.Params$.MODULE$.empty().plus(new Stats(NullStatsReceiver.get()).mk());
        return new FinaglePeer(policy.newBalancer(
                Activity.value(endpoints), new NoBrokersAvailableException("bench.svc"), silent));
    }

    @Override
    public Caller newCaller() {
        return this::pickAndComplete;
    }

    private Object pickAndComplete() {
        try {
            Service<Object, Object> session = Await.result(balancer.apply());
            session.close();
            return session;
        } catch (Exception e) {
            throw new IllegalStateException("nobody was picked", e);
        }
    }

    @Override
    public void close() {
        balancer.close();
    }
}
