package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.time.Environment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A list that the program changes itself: for autoscaling hooks, tests, and discovery systems that Evenkeel does not know.
 *
 * <p>Changes are orders, so they take effect at once; see {@link #isAuthoritative()}. Only of a list of 1,000 endpoints or more, after a hundred
 * changes in a row, do subscribers hear of several together, every 2 µs for each endpoint, as each time they look at the whole list. Safe for use by
 * many threads; subscribers see the changes in one order and end with the latest list.
 */
public final class MutableEndpointSource implements EndpointSource {
    private static final int LONG_LIST = 1_000;
    private static final long SPACING_NANOS_PER_ENDPOINT = 2_000;
    private static final int AT_ONCE = 100;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Endpoint> endpoints = new LinkedHashMap<>(); // guarded by lock
    private Omissions omissions = Omissions.NONE; // guarded by lock
    private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>(); // told in the order in which they came

    private MutableEndpointSource(List<Endpoint> initial) {
        initial.forEach(endpoint -> endpoints.put(endpoint.id(), endpoint));
    }

    /** Returns a source that starts with these addresses, or empty. */
    public static MutableEndpointSource of(String... addresses) {
        return of(Arrays.stream(addresses).map(Endpoint::of).toList());
    }

    /** Returns a source that starts with this list. */
    public static MutableEndpointSource of(List<Endpoint> initial) {
        return new MutableEndpointSource(initial);
    }

    /** Replaces the whole list; of several endpoints with the same id the last one counts. */
    public void set(List<Endpoint> list) {
        set(list, Omissions.NONE);
    }

    /** Replaces the whole list, and says what was left out of it because it cannot be used; that holds until the next time. */
    public void set(List<Endpoint> list, Omissions omitted) {
        List<Endpoint> checked = List.copyOf(list); // what cannot be read fails before anything has changed
        Objects.requireNonNull(omitted, "omitted");
        change(() -> {
            endpoints.clear();
            checked.forEach(endpoint -> endpoints.put(endpoint.id(), endpoint));
            omissions = omitted;
        });
    }

    /** Adds an endpoint, or replaces the one with the same id. */
    public void put(Endpoint endpoint) {
        change(() -> endpoints.put(endpoint.id(), endpoint));
    }

    /** Removes the endpoint with this id, if there is one. */
    public void remove(String id) {
        change(() -> endpoints.remove(id));
    }

    private void change(Runnable edit) {
        lock.lock();
        try {
            edit.run();
        } finally {
            lock.unlock();
        }
        subscribers.forEach(Subscriber::deliver);
    }

    private Report.Found current() {
        lock.lock();
        try {
            return new Report.Found(List.copyOf(endpoints.values()), omissions);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Subscription subscribe(Listener listener, Environment environment) {
        Subscriber subscriber = new Subscriber(listener, environment);
        subscribers.add(subscriber);
        subscriber.deliver();
        return subscriber;
    }

    @Override
    public boolean isAuthoritative() {
        return true;
    }

    @Override
    public String toString() {
        return "mutable list of " + current().endpoints().size();
    }

    /** Hands lists to one subscriber, outside the lock and never an older one after a newer one. */
    private final class Subscriber implements Subscription {
        private final Listener listener;
        private final Environment environment;
        private final SerialDelivery delivery = new SerialDelivery();
        private final AtomicBoolean scheduled = new AtomicBoolean();
        private volatile boolean closed; // set once, by close
        private volatile int told; // how long the latest list was; written in deliveries, as the next
        private volatile long evenNanos; // when changes have come no faster than they should; means nothing before

        Subscriber(Listener listener, Environment environment) {
            this.listener = listener;
            this.environment = environment;
        }

        void deliver() {
            long wait = aheadNanos() - AT_ONCE * spacingNanos();
            if (wait <= 0) {
                tell();
            } else if (scheduled.compareAndSet(false, true)) {
                environment.scheduler().schedule(wait, this::askForThread);
            }
        }

        private long spacingNanos() {
            return told < LONG_LIST ? 0 : told * SPACING_NANOS_PER_ENDPOINT;
        }

        private long aheadNanos() {
            return told < LONG_LIST
                    ? 0
                    : Math.max(0, evenNanos - environment.ticker().nanos());
        }

        private void askForThread() {
            try {
                environment.blocking().execute(this::tellAsScheduled);
            } catch (RejectedExecutionException e) { // the thread of the timers is better than none
                tellAsScheduled();
            }
        }

        private void tellAsScheduled() {
            scheduled.set(false); // first: what changes from now on may come too late for this
            tell();
        }

        private void tell() {
            delivery.request(() -> {
                if (!closed) {
                    Report.Found found = current();
                    found.tell(listener);
                    long ahead = aheadNanos();
                    told = found.endpoints().size();
                    evenNanos = environment.ticker().nanos() + ahead + spacingNanos();
                }
            });
        }

        @Override
        public void close() {
            closed = true;
            subscribers.remove(this);
        }
    }
}
