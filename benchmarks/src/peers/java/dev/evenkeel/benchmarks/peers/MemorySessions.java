package dev.evenkeel.benchmarks.peers;

import com.twitter.finagle.Address;
import com.twitter.finagle.Addresses;
import com.twitter.finagle.ClientConnection;
import com.twitter.finagle.Service;
import com.twitter.finagle.ServiceFactory;
import com.twitter.finagle.Status;
import com.twitter.finagle.loadbalancer.EndpointFactory;
import com.twitter.util.Future;
import com.twitter.util.Time;
import java.net.InetSocketAddress;
import scala.runtime.BoxedUnit;

/** An endpoint of Finagle's whose sessions are there at once. */
final class MemorySessions extends ServiceFactory<Object, Object> implements EndpointFactory<Object, Object> {
    private final Address address = Addresses.newInetAddress(InetSocketAddress.createUnresolved("bench.svc", 8080));
    private final Future<Service<Object, Object>> session = Future.value(new Session());

    @Override
    public Future<Service<Object, Object>> apply(ClientConnection connection) {
        return session;
    }

    @Override
    public Address address() {
        return address;
    }

    @Override
    public Status status() {
        return Status.Open$.MODULE$;
    }

    @Override
    public void remake() {}

    @Override
    public Future<BoxedUnit> close(Time deadline) {
        return Future.Done();
    }

    private static final class Session extends Service<Object, Object> {
        @Override
        public Future<Object> apply(Object request) {
            return Future.value(request);
        }
    }
}
