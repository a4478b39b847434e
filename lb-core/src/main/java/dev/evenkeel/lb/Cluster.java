package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Environment;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The control loop of one service: whatever changes which endpoints may be picked goes through {@link #update} or {@link #tell}.
 *
 * <p>There is one lock, held for pure work only. A change is queued before the lock is asked for, and whoever gets the lock applies
 * what is queued and then publishes once: a burst of changes from many threads costs one rebuild. Requests queue what they find out and
 * never wait for the lock. Should one get it, it applies what requests found out, and leaves the rest to those who wait for it: a new list takes
 * milliseconds, and with a policy by key it can take seconds.
 */
final class Cluster {
    /**
     * Rebuilds of a large list are this far apart for each of its endpoints, so that a burst of changes, one after another, does not
     * keep a core busy: 20 ms for 10,000. A rebuild takes about a tenth of that.
     */
    private static final long SPACING_NANOS_PER_ENDPOINT = 2_000;

    /** Smaller lists are rebuilt at once, always. */
    private static final int LARGE_LIST = 1_000;

    private static final System.Logger LOG = System.getLogger(Cluster.class.getName());

    private final Settings settings;
    private final Environment environment;
    private final Announcer announcer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition published = lock.newCondition();
    private final Queue<Change> changes = new ConcurrentLinkedQueue<>(); // each with a thread that waits for the lock
    private final Queue<Change> told = new ConcurrentLinkedQueue<>(); // by requests

    // Guarded by the lock, except that views and closed may be read without it, and an endpoint found.
    private final Members members;
    private final Arranger arranger;
    private final Snapshots snapshots;
    private final SplitNews splitNews = new SplitNews();
    private final List<LoadBalancerView> views = new CopyOnWriteArrayList<>();
    private boolean publishedSomebody; // until then a list is published at once, however large
    private long publishedNanos; // means nothing until then
    private boolean publicationScheduled;
    private volatile boolean closed;

    Cluster(Settings settings, Environment environment, Announcer announcer, Usual usual) {
        this.settings = settings;
        this.environment = environment;
        this.announcer = announcer;
        this.members = new Members(settings, environment.ticker(), usual);
        this.arranger = Arranger.of(settings, environment.random());
        this.snapshots = new Snapshots(settings, environment.random());
    }

    /** Something that happened. Runs under the lock, so it only computes; returns whether the views must be rebuilt. */
    @FunctionalInterface
    interface Change {
        boolean apply(Members members, long nowNanos);
    }

    /** A question, answered under the lock. */
    @FunctionalInterface
    interface Reader<T> {
        T read(Members members, long nowNanos);
    }

    /** Applies a change, rebuilds the views if need be, and then tells the listeners. Must not be called under the lock. */
    void update(Change change) {
        changes.add(change);
        lock.lock();
        try {
            applyAll();
        } finally {
            release();
        }
        announcer.deliver();
    }

    /**
     * Does the same for what a request or a timer has found out, but without waiting: whoever holds the lock applies this change, too, before it
     * goes on. To rebuild a long list may take milliseconds, and nobody is to wait for that who has a call to make, or all services' timers to serve.
     */
    void tell(Change change) {
        told.add(change);
        applyUnlessBusy();
    }

    private void release() {
        lock.unlock();
        if (!lock.isHeldByCurrentThread()) {
            applyUnlessBusy(); // what was told meanwhile
        }
    }

    /** Gives way to those who wait for the lock; they do this themselves when they have had it. */
    private void applyUnlessBusy() {
        while (!told.isEmpty() && changes.isEmpty() && lock.tryLock()) {
            try {
                if (apply(told)) {
                    publishWhenDue(snapshots.arePreparedFor(members.version()));
                }
            } finally {
                lock.unlock();
            }
            announcer.deliver();
        }
    }

    private void applyAll() {
        boolean rebuild = apply(told);
        rebuild |= apply(changes);
        if (rebuild) {
            publishWhenDue(true);
        }
    }

    /** Applies what is queued, and returns whether the views must be rebuilt. */
    private boolean apply(Queue<Change> queue) {
        boolean rebuild = false;
        for (Change change = queue.poll(); change != null; change = queue.poll()) {
            try {
                // Read anew: a timer queued this after its time had come, maybe while we applied what was before it.
                rebuild |= !closed && change.apply(members, environment.ticker().nanos());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, announcer.service() + ": a change was lost", OneLine.of(e));
            }
        }
        return rebuild;
    }

    /**
     * Rebuilds the views, at once or later on a thread that may take its time: the one of the timers is there for all services.
     *
     * @param mayBeNow whether this thread may do it
     */
    private void publishWhenDue(boolean mayBeNow) {
        long now = environment.ticker().nanos();
        long spacing = members.size() < LARGE_LIST ? 0 : members.size() * SPACING_NANOS_PER_ENDPOINT;
        long wait = publishedSomebody ? Math.max(0, publishedNanos + spacing - now) : 0;
        if (mayBeNow && wait == 0) {
            publish(now);
        } else if (!publicationScheduled) {
            publicationScheduled = true;
            environment.scheduler().schedule(wait, () -> environment.blocking().execute(this::publishAsScheduled));
        }
    }

    private void publishAsScheduled() {
        update((all, now) -> {
            publicationScheduled = false;
            return true;
        });
    }

    private void publish(long now) {
        publishedSomebody = members.size() > 0;
        publishedNanos = now;
        Arrangement arrangement = arranger.arrange(members);
        if (arrangement.usesOthers()) {
            announce(Event.Type.SUBSET_CHANGED, null, Arranger.describe(members));
        }
        splitNews.tell(this, members, arrangement.split());
        long version = members.version();
        unlessThePolicyFails(() -> snapshots.prepare(arrangement, version));
        views.forEach(view -> unlessThePolicyFails(() -> view.rebuild(arrangement, snapshots)));
        published.signalAll();
    }

    private void unlessThePolicyFails(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    announcer.service() + ": " + settings.policy()
                            + " failed to make a picker; the old one stays in use",
                    OneLine.of(e));
        }
    }

    /** Returns the node of an endpoint in the list, or null; takes no lock. */
    @Nullable
    TrackedNode find(String id) {
        return closed ? null : members.find(id);
    }

    void open(LoadBalancerView view) {
        update((all, now) -> {
            view.setSlot(freeSlot());
            views.add(view);
            return true;
        });
    }

    void close(LoadBalancerView view) {
        update((all, now) -> {
            views.remove(view);
            view.rebuild(Arrangement.EMPTY, snapshots);
            all.nodes().forEach(TrackedNode::forgetPicks);
            return false;
        });
    }

    /** Returns whether a transport that keeps its connections has one there; called under the lock. */
    boolean isConnected(TrackedNode node) {
        return views.stream().anyMatch(view -> view.isConnected(node));
    }

    private int freeSlot() {
        Set<Integer> taken = views.stream().map(LoadBalancerView::slot).collect(Collectors.toSet());
        return IntStream.iterate(0, slot -> slot + 1)
                .filter(slot -> !taken.contains(slot))
                .findFirst()
                .orElseThrow();
    }

    /** Ends the control loop: changes that come later are dropped, and every view is left without candidates. */
    void close() {
        lock.lock();
        try {
            applyAll();
            if (!closed) {
                announce(Event.Type.CLOSED, null, "");
            }
            closed = true;
            views.forEach(view -> view.rebuild(Arrangement.EMPTY, snapshots));
            members.nodes().forEach(node -> node.keepSessions(null));
            published.signalAll();
        } finally {
            release();
        }
        announcer.deliver();
    }

    /** Divides the requests that ask for no subset in another way. */
    void split(Split newSplit) {
        update((all, now) -> {
            arranger.setSplit(newSplit);
            return true;
        });
    }

    /** Returns how requests that ask for no subset are divided. */
    Split split() {
        return read((all, now) -> arranger.split());
    }

    /** Notes that an endpoint went out or came back; called under the lock. */
    void announceAvailability(TrackedNode node, String why) {
        boolean available = node.availability().isAvailable();
        String detail = available ? why : node.availability() + (why.isEmpty() ? "" : ": " + why);
        announce(available ? Event.Type.AVAILABLE : Event.Type.UNAVAILABLE, node.endpoint(), detail);
    }

    /** Notes that an endpoint that takes nothing new has finished all it had; called under the lock. */
    void announceDrained(TrackedNode node) {
        boolean beingChecked = node.isRemoved() && node.checks.isRunning();
        boolean awaitsSessions =
                !node.isRemoved() && node.keepsSessions(environment.ticker().nanos());
        if (node.isLeaving() && node.inFlight() == 0 && !beingChecked && !awaitsSessions) {
            announce(Event.Type.DRAINED, node.endpoint(), "");
        }
    }

    void announce(Event.Type type, @Nullable Endpoint endpoint, String detail) {
        announcer.note(new Event(type, announcer.service(), endpoint, detail));
    }

    /** Returns how long the list is. Takes no lock. */
    int size() {
        return members.size();
    }

    /** Reads something under the lock. */
    <T> T read(Reader<T> reader) {
        lock.lock();
        try {
            return reader.read(members, environment.ticker().nanos());
        } finally {
            release();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Waits until the condition holds, which is asked again after each publication; returns whether it does. */
    boolean await(BooleanSupplier condition, long timeoutNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long remaining = timeoutNanos;
            while (!condition.getAsBoolean() && !closed && remaining > 0) {
                remaining = published.awaitNanos(remaining);
            }
            return condition.getAsBoolean();
        } finally {
            release();
        }
    }
}
