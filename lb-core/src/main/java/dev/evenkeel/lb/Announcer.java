package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.text.OneLine;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Tells listeners what happened: in order, one event at a time, and never under the cluster's lock. A listener that throws is logged
 * once and goes on being told. Events, which are rare, are also logged; attempts are not, so that without a listener they cost nothing.
 */
final class Announcer {
    private static final System.Logger LOG = System.getLogger(Announcer.class.getName());

    private final String service;
    private final Subscriber log = new Subscriber(new EventLog());
    private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();
    private final Queue<Runnable> pending = new ConcurrentLinkedQueue<>();
    private final AtomicInteger deliveries = new AtomicInteger();

    Announcer(String service) {
        this.service = service;
    }

    String service() {
        return service;
    }

    /** Adds a listener and returns what takes it away again. */
    Runnable add(LoadBalancerListener listener) {
        Subscriber subscriber = new Subscriber(listener);
        subscribers.add(subscriber);
        return () -> subscribers.remove(subscriber);
    }

    /** Notes an event; may be called under the lock. */
    void note(Event event) {
        pending.add(() -> {
            log.tell(event);
            subscribers.forEach(subscriber -> subscriber.tell(event));
        });
    }

    /** Notes something else to do after the lock is released, in order with the events. */
    void note(Runnable callback) {
        pending.add(callback);
    }

    /**
     * Delivers what has been noted; must not be called under the lock. While another thread delivers, that thread goes on with ours, so
     * that events never overtake each other and a listener that calls us back does not start a delivery within a delivery.
     */
    void deliver() {
        if (deliveries.getAndIncrement() > 0) {
            return;
        }
        int served;
        do {
            served = deliveries.get();
            for (Runnable next = pending.poll(); next != null; next = pending.poll()) {
                next.run();
            }
        } while (deliveries.addAndGet(-served) > 0);
    }

    /** Tells how an attempt ended; on the path of the request, so without a detour through the queue. */
    void attempt(Endpoint endpoint, Outcome outcome, long latencyNanos) {
        if (subscribers.isEmpty()) {
            return;
        }
        for (Subscriber subscriber : subscribers) {
            subscriber.tell(endpoint, outcome, latencyNanos);
        }
    }

    private final class Subscriber {
        private final LoadBalancerListener listener;
        private final AtomicBoolean logged = new AtomicBoolean();

        Subscriber(LoadBalancerListener listener) {
            this.listener = listener;
        }

        void tell(Event event) {
            try {
                listener.onEvent(event);
            } catch (RuntimeException e) {
                failed(e);
            }
        }

        void tell(Endpoint endpoint, Outcome outcome, long latencyNanos) {
            try {
                listener.onAttempt(service, endpoint, outcome, latencyNanos);
            } catch (RuntimeException e) {
                failed(e);
            }
        }

        private void failed(RuntimeException e) {
            if (logged.compareAndSet(false, true)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        service + ": listener " + listener + " failed; it is logged only this once",
                        OneLine.of(e));
            }
        }
    }
}
