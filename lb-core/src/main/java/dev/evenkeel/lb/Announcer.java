package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Environment;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Tells listeners what happened: each in order, one event at a time, never under the cluster's lock, and on threads of the environment that are
 * there for it. A listener that throws is logged once and goes on being told. Events, which are rare, are also logged; attempts are told by the
 * thread that ends them, so that without a listener they cost nothing.
 */
final class Announcer {
    private static final System.Logger LOG = System.getLogger(Announcer.class.getName());

    /** That many clients and channels of one service are not meant. Guessed: far more than programs have that make each once. */
    private static final int TOO_MANY = 1_000;

    /** So many events may wait for a listener, and {@link #EVENTS_PER_ENDPOINT} more for each endpoint, as a new list makes many at once. */
    private static final int MOST_WAITING = 10_000;

    private static final int EVENTS_PER_ENDPOINT = 4;

    /** A thread that tells all listeners is not waited for when one of them has kept it for longer. Guessed. */
    private static final long PATIENCE_NANOS = 10_000_000;

    /** A thread that tells more than what there was when it began goes on for so many, and leaves the rest to another. */
    private static final int MOST_MORE = 100;

    private final String service;
    private final Environment environment;
    private final EventLog log = new EventLog();
    private final Mailbox<Event> logLines;
    private final List<Mailbox<?>> all = new CopyOnWriteArrayList<>();
    private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();
    private final AtomicInteger telling = new AtomicInteger(); // threads that do, or were asked to
    private final AtomicBoolean threadlessLogged = new AtomicBoolean();
    private final AtomicBoolean crowded = new AtomicBoolean();
    private volatile int mostWaiting = MOST_WAITING; // written under the cluster's lock

    Announcer(String service, Environment environment) {
        this.service = service;
        this.environment = environment;
        this.logLines = new Mailbox<>(service + ": the log", log::onEvent, () -> mostWaiting);
        all.add(logLines);
    }

    String service() {
        return service;
    }

    /** Adds a listener and returns what takes it away again. */
    Runnable add(LoadBalancerListener listener) {
        Subscriber subscriber = new Subscriber(listener);
        all.add(subscriber.events);
        subscribers.add(subscriber);
        if (subscribers.size() >= TOO_MANY && crowded.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    service + " has " + TOO_MANY
                            + " listeners, and every attempt is told to each: is a client wrapped, or a channel"
                            + " opened, for every request? Make one and keep it, or close it. It is logged only this once");
        }
        return () -> {
            subscribers.remove(subscriber);
            all.remove(subscriber.events);
            subscriber.events.close();
        };
    }

    /** Opens a mailbox for a view, whose owner is to be told when its candidates may have changed. */
    Mailbox<Runnable> openMailbox() {
        Mailbox<Runnable> changes = new Mailbox<>(service + ": a view's onChange", Runnable::run, () -> 1);
        all.add(changes);
        return changes;
    }

    /** Notes that the list has had so many endpoints, each of which may be news; called under the lock. */
    void expect(int endpoints) {
        mostWaiting = Math.max(mostWaiting, MOST_WAITING + EVENTS_PER_ENDPOINT * endpoints);
    }

    /** Notes an event; may be called under the lock. */
    void note(Event event) {
        if (EventLog.isLogged(event.type())) {
            logLines.add(event);
        }
        for (Subscriber subscriber : subscribers) {
            if (subscriber.interests.contains(event.type())) {
                subscriber.events.add(event);
            }
        }
    }

    /** Has told what has been noted; must not be called under the lock. */
    void deliver() {
        if (isAnyReady() && telling.get() <= stuck()) {
            askFor(environment.listeners());
        }
    }

    /** Returns how many events listeners were too slow for. */
    long lost() {
        return all.stream().mapToLong(Mailbox::lost).sum();
    }

    private boolean isAnyReady() {
        for (Mailbox<?> box : all) {
            if (box.isReady()) {
                return true;
            }
        }
        return false;
    }

    private int stuck() {
        long now = environment.ticker().nanos();
        int stuck = 0;
        for (Mailbox<?> box : all) {
            stuck += box.isStuck(PATIENCE_NANOS, now) ? 1 : 0;
        }
        return stuck;
    }

    private void askFor(Executor threads) {
        telling.incrementAndGet();
        boolean accepted = false;
        try {
            threads.execute(this::tell);
            accepted = true;
        } catch (RuntimeException | Error e) { // there is no thread: the next event tries again
            if (threadlessLogged.compareAndSet(false, true)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        service + ": no thread to tell listeners; it is logged only this once",
                        e);
            }
        } finally {
            if (!accepted) {
                telling.decrementAndGet();
            }
        }
    }

    private void tell() {
        int left = MOST_MORE;
        for (Mailbox<?> box : all) {
            left += box.size();
        }
        try {
            while (left > 0 && isAnyReady()) {
                for (Mailbox<?> box : all) {
                    left -= box.tell(left, environment.ticker().nanos());
                }
                all.removeIf(Mailbox::isOver);
            }
        } finally {
            telling.decrementAndGet();
        }
        if (isAnyReady()
                && telling.get() <= stuck()) { // others went on while this told, or came when it was about to end
            askFor(environment.blocking());
        }
    }

    /** Tells how an attempt ended; on the path of the request, so without a detour through a mailbox. */
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
        private final Set<Event.Type> interests = EnumSet.noneOf(Event.Type.class);
        private final Mailbox<Event> events;
        private final AtomicBoolean logged = new AtomicBoolean();

        Subscriber(LoadBalancerListener listener) {
            this.listener = listener;
            for (Event.Type type : Event.Type.values()) {
                if (listener.isInterestedIn(type)) {
                    interests.add(type);
                }
            }
            this.events = new Mailbox<>(service + ": listener " + listener, listener::onEvent, () -> mostWaiting);
        }

        void tell(Endpoint endpoint, Outcome outcome, long latencyNanos) {
            try {
                listener.onAttempt(service, endpoint, outcome, latencyNanos);
            } catch (Throwable e) { // whatever is wrong with it, the attempt has ended, and others are to hear of that
                if (logged.compareAndSet(false, true)) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            service + ": listener " + listener + " failed; it is logged only this once",
                            OneLine.of(e));
                }
            }
        }
    }
}
