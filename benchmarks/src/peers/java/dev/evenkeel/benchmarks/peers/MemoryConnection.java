package dev.evenkeel.benchmarks.peers;

import io.servicetalk.client.api.LoadBalancedConnection;
import io.servicetalk.client.api.RequestTracker;
import io.servicetalk.concurrent.api.Completable;
import org.jspecify.annotations.Nullable;

/** A connection that takes any number of requests at a time and answers at once. */
final class MemoryConnection implements LoadBalancedConnection {
    private final @Nullable RequestTracker tracker;

    /** Has no tracker where nothing of requests is looked at. */
    MemoryConnection(@Nullable RequestTracker tracker) {
        this.tracker = tracker;
    }

    /** Makes a request, which succeeds. */
    void succeed() {
        if (tracker != null) {
            tracker.onRequestSuccess(tracker.beforeRequestStart());
        }
        requestFinished();
    }

    @Override
    public Result tryRequest() {
        return Result.Accepted;
    }

    @Override
    public void requestFinished() {}

    @Override
    public boolean tryReserve() {
        return true;
    }

    @Override
    public int score() {
        return 1;
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
