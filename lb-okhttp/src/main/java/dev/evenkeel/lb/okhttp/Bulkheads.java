package dev.evenkeel.lb.okhttp;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import org.jspecify.annotations.Nullable;

/**
 * The limits of asynchronous calls: each service has as many as the user's dispatcher allows altogether, apart from all others, and
 * hosts that are no service share what that dispatcher allows altogether and for one host.
 *
 * <p>OkHttp's dispatcher has one limit for every host, so it gets none, and this in place of its threads: a call that it starts is given
 * a thread as soon as there is room for it. Which call that is, OkHttp does not say; but it begins a call and starts it on the same
 * thread, one right after the other, and an event listener hears of the beginning. Calls of which it did not hear, as their client has
 * another listener, are limited together. Safe for use by many threads.
 */
final class Bulkheads extends AbstractExecutorService {
    private final Dispatcher users; // has the limits and the threads
    private final Map<String, Compartment> ofServices; // what they hold is guarded by the lock
    private final Compartment others = new Compartment(); // likewise
    private final Compartment unknown = new Compartment(); // likewise
    private final ThreadLocal<Beginning> beginning = ThreadLocal.withInitial(Beginning::new);

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Integer> runningByHost =
            new HashMap<>(); // of hosts that are no service; guarded by the lock

    Bulkheads(Collection<String> services, Dispatcher users) {
        this.users = users;
        this.ofServices =
                services.stream().collect(Collectors.toUnmodifiableMap(name -> name, name -> new Compartment()));
    }

    /** Calls that are limited together. */
    private static final class Compartment {
        private final Queue<Waiting> waiting = new ArrayDeque<>();
        private int running;
    }

    /** A call that a thread has begun and not started yet. */
    private static final class Beginning {
        private @Nullable Call call;
    }

    /**
     * A call that has been started.
     *
     * @param call null if it is not known
     * @param host null likewise
     */
    private record Waiting(
            Runnable task, @Nullable Call call, @Nullable String host, Compartment compartment) {}

    /** Returns a dispatcher that has these limits and no others. */
    Dispatcher dispatcher() {
        Dispatcher dispatcher = new Dispatcher(this);
        dispatcher.setMaxRequests(Integer.MAX_VALUE);
        dispatcher.setMaxRequestsPerHost(Integer.MAX_VALUE);
        dispatcher.setIdleCallback(users.getIdleCallback());
        return dispatcher;
    }

    /** Returns the user's listeners, and one that hears which calls begin. */
    EventListener.Factory listening(EventListener.Factory users) {
        EventListener begins = new EventListener() {
            @Override
            public void callStart(Call call) {
                beginning.get().call = call;
            }
        };
        return call -> users.create(call).plus(begins);
    }

    /** The call that this thread has begun runs on it: it was not one to be started. */
    void runs() {
        beginning.get().call = null;
    }

    @Override
    public void execute(Runnable task) {
        Beginning begun = beginning.get();
        Call call = begun.call;
        begun.call = null;
        Waiting started = started(task, call);
        lock.lock();
        try {
            if (!enter(started)) {
                started.compartment().waiting.add(started);
                return;
            }
        } finally {
            lock.unlock();
        }
        try {
            run(started);
        } catch (Throwable e) {
            leave(started);
            throw e;
        }
    }

    private Waiting started(Runnable task, @Nullable Call call) {
        if (call == null) {
            return new Waiting(task, null, null, unknown);
        }
        String host = call.request().url().host();
        return new Waiting(task, call, host, ofServices.getOrDefault(host, others));
    }

    /** Returns whether there is room, and takes it. */
    private boolean enter(Waiting started) {
        Compartment compartment = started.compartment();
        if (compartment.running >= users.getMaxRequests()) {
            return false;
        }
        String host = started.host();
        if (compartment == others && host != null) {
            int ofHost = runningByHost.getOrDefault(host, 0);
            if (ofHost >= users.getMaxRequestsPerHost()) {
                return false;
            }
            runningByHost.put(host, ofHost + 1);
        }
        compartment.running++;
        return true;
    }

    private void run(Waiting started) {
        users.executorService().execute(() -> {
            try {
                started.task().run();
            } finally {
                leave(started);
            }
        });
    }

    private void leave(Waiting ended) {
        makeRoom(ended);
        Compartment compartment = ended.compartment();
        for (Waiting next = next(compartment); next != null; next = next(compartment)) {
            runOrEnd(next);
        }
    }

    private void makeRoom(Waiting ended) {
        lock.lock();
        try {
            ended.compartment().running--;
            String host = ended.host();
            if (ended.compartment() == others && host != null) {
                runningByHost.computeIfPresent(host, (h, running) -> running == 1 ? null : running - 1);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets the call enter that has waited longest among those for which there is room, and returns it; null if there is none. */
    private @Nullable Waiting next(Compartment compartment) {
        lock.lock();
        try {
            Iterator<Waiting> i = compartment.waiting.iterator();
            while (i.hasNext() && compartment.running < users.getMaxRequests()) {
                Waiting waiting = i.next();
                if (enter(waiting)) {
                    i.remove();
                    return waiting;
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Without threads, as when the user has shut them down, the call ends here, cancelled. */
    private void runOrEnd(Waiting waiting) {
        try {
            run(waiting);
        } catch (RejectedExecutionException e) {
            Call call = waiting.call();
            if (call != null) {
                call.cancel();
            }
            try {
                waiting.task().run();
            } finally {
                makeRoom(waiting);
            }
        }
    }

    // The threads are the user's.

    private ExecutorService threads() {
        return users.executorService();
    }

    @Override
    public void shutdown() {
        threads().shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        return threads().shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return threads().isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return threads().isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return threads().awaitTermination(timeout, unit);
    }
}
