package dev.evenkeel.benchmarks.grpc;

import dev.evenkeel.lb.endpoint.Endpoint;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.Subchannel;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A policy in a channel without transport, with the way by which it learns of its endpoints. */
interface ListedFleet extends AutoCloseable {
    /** Opens one for which the endpoints of the first list are not connected yet. */
    static ListedFleet of(GrpcPolicy policy) {
        return policy == GrpcPolicy.EVENKEEL ? new OurFleet() : new PeerFleet(policy);
    }

    FakeChannel channel();

    /** Has the channel take a list, and returns how long its context was busy with that, in nanoseconds of processor time. */
    long take(List<Endpoint> endpoints);

    /** Makes all connections that are asked for, each in a turn of its own. */
    default void connectAll() {
        boolean more = true;
        while (more) {
            more = channel().connectNext();
        }
    }

    /**
     * Makes calls until so many connections were used, and returns them. A load balancer learns of connections a little after they are
     * made, and compares endpoints in another way once it has measured them.
     */
    default Set<Subchannel> useAll(int connections) {
        FakeStream stream = new FakeStream(CallOptions.DEFAULT);
        Set<Subchannel> used = Collections.newSetFromMap(new IdentityHashMap<>());
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (used.size() < connections) {
            PickResult result = channel().picker().pickSubchannel(stream);
            if (result.getSubchannel() != null) {
                stream.succeed(result);
                used.add(result.getSubchannel());
            }
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("only " + used.size() + " of " + connections + " were picked");
            }
        }
        return used;
    }

    @Override
    void close();
}
