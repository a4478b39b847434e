package dev.evenkeel.benchmarks.peers;

import io.servicetalk.client.api.ConnectionFactory;
import io.servicetalk.client.api.RequestTracker;
import io.servicetalk.concurrent.api.Completable;
import io.servicetalk.concurrent.api.Single;
import io.servicetalk.context.api.ContextMap;
import io.servicetalk.transport.api.TransportObserver;
import org.jspecify.annotations.Nullable;

/** Connects at once, to nobody. */
final class MemoryConnections implements ConnectionFactory<Integer, MemoryConnection> {
    @Override
    public Single<MemoryConnection> newConnection(
            Integer address, @Nullable ContextMap context, @Nullable TransportObserver observer) {
        RequestTracker tracker = context == null ? null : context.get(RequestTracker.REQUEST_TRACKER_KEY);
        return Single.succeeded(new MemoryConnection(tracker));
    }

    @Override
    public Completable onClose() {
        return Completable.never();
    }

    @Override
    public Completable closeAsync() {
        return Completable.completed();
    }
}
