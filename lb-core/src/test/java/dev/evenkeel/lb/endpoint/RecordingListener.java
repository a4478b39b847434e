package dev.evenkeel.lb.endpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** Keeps everything that a source reports, and can wait for a report. */
final class RecordingListener implements EndpointSource.Listener {
    /** Only a failing test waits so long. */
    private static final long DEADLINE_SECONDS = 30;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition reported = lock.newCondition();
    private volatile Omissions latestOmissions = Omissions.NONE;
    private final List<Object> reports = new ArrayList<>(); // guarded by lock; a list of addresses, or a reason

    @Override
    public void onEndpoints(List<Endpoint> endpoints) {
        record(List.copyOf(endpoints));
    }

    @Override
    public void onEndpoints(List<Endpoint> endpoints, Omissions omissions) {
        latestOmissions = omissions;
        onEndpoints(endpoints);
    }

    /** Returns what was left out of the latest list. */
    Omissions omissions() {
        return latestOmissions;
    }

    @Override
    public void onFailure(String reason) {
        record(reason);
    }

    private void record(Object report) {
        lock.lock();
        try {
            reports.add(report);
            reported.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns all reports so far: lists of endpoints, and reasons of failures. */
    List<Object> reports() {
        lock.lock();
        try {
            return List.copyOf(reports);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the latest report if it is a list. */
    @SuppressWarnings("unchecked")
    List<Endpoint> latestList() {
        return (List<Endpoint>) latest();
    }

    /** Returns the ids of the latest report if it is a list. */
    List<String> latestIds() {
        return latestList().stream().map(Endpoint::id).toList();
    }

    /** Returns the latest report if it is a failure. */
    String latestFailure() {
        return (String) latest();
    }

    void clear() {
        lock.lock();
        try {
            reports.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the latest report is the list of these addresses. */
    void awaitList(String... addresses) throws InterruptedException {
        List<Endpoint> expected = List.of(addresses).stream().map(Endpoint::of).toList();
        await("the list " + expected, expected::equals);
    }

    /** Waits until the latest report is a failure whose reason contains this. */
    void awaitFailure(String part) throws InterruptedException {
        await("a failure with '" + part + "'", report -> report instanceof String reason && reason.contains(part));
    }

    private void await(String what, Predicate<Object> condition) throws InterruptedException {
        long leftNanos = TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        lock.lock();
        try {
            while (reports.isEmpty() || !condition.test(reports.get(reports.size() - 1))) {
                if (leftNanos <= 0) {
                    throw new AssertionError("waited for " + what + ", reported was " + reports);
                }
                leftNanos = reported.awaitNanos(leftNanos);
            }
        } finally {
            lock.unlock();
        }
    }

    private Object latest() {
        List<Object> all = reports();
        if (all.isEmpty()) {
            throw new AssertionError("nothing has been reported");
        }
        return all.get(all.size() - 1);
    }
}
