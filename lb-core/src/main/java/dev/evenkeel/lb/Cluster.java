package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Environment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The control loop of one service: whatever changes which endpoints may be picked goes through {@link #update}, {@link #tell} or {@link
 * #tellOfAll}.
 *
 * <p>There is one lock, held for pure work only. A change is queued before the lock is asked for, and whoever gets the lock applies
 * what is queued and then publishes once: a burst of changes from many threads costs one rebuild. Requests and timers queue what they find out and
 * never wait for the lock. Should one get it, it applies a few of those changes, and leaves the rest to those who wait for it, or to a thread that
 * may take its time: a new list takes milliseconds, as everything does that looks at all of many endpoints, and with a policy by key it can take
 * seconds.
 */
final class Cluster {
    /**
     * Rebuilds of a large list are this far apart for each of its endpoints, so that a burst of changes, one after another, does not
     * keep a core busy: 20 ms for 10,000. A rebuild takes about a tenth of that.
     */
    private static final long SPACING_NANOS_PER_ENDPOINT = 2_000;

    /** Smaller lists are rebuilt at once, by the thread that finds out that they must be. */
    private static final int LARGE_LIST = 1_000;

    /** No request or timer applies more of what others have found out before it goes on. Each takes about a microsecond. */
    private static final int MOST_AT_A_TIME = 64;

    private static final Change NOTHING = (members, now) -> false;

    private static final System.Logger LOG = System.getLogger(Cluster.class.getName());

    private final Settings settings;
    private final Environment environment;
    private final Announcer announcer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition published = lock.newCondition();
    private final Queue<Change> changes = new ConcurrentLinkedQueue<>(); // each with a thread that waits for the lock
    private final Queue<Change> told =
            new ConcurrentLinkedQueue<>(); // by requests and timers, to be applied by anybody
    private final Queue<Change> toldOfAll = new ConcurrentLinkedQueue<>(); // for threads that may take their time
    private final AtomicBoolean threadIsComing = new AtomicBoolean(); // one of those was asked for, and has not begun

    // Guarded by the lock, except that views and closed may be read without it, and an endpoint found.
    private final Members members;
    private final Arranger arranger;
    private final Snapshots snapshots;
    private final SplitNews splitNews = new SplitNews();
    private final List<LoadBalancerView> views = new CopyOnWriteArrayList<>();
    private boolean publishedSomebody; // until then a list is published at once, however large
    private long publishedNanos; // means nothing until then
    private boolean publicationScheduled;
    private Arrangement arrangement = Arrangement.EMPTY; // the latest
    private boolean allOutdated; // what has been applied is not in the views yet
    private final Set<LoadBalancerView> outdated = new LinkedHashSet<>(); // alone, where the rest is as it was
    private final List<Consumer<TrackedNode>> watches = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    Cluster(Settings settings, Environment environment, Announcer announcer, Usual usual) {
        this.settings = settings;
        this.environment = environment;
        this.announcer = announcer;
        this.members = new Members(settings, environment.ticker(), usual, this::changed);
        this.arranger = Arranger.of(settings, environment.random());
        this.snapshots = new Snapshots(settings, environment.random());
    }

    /** Adds one that is told, under the lock, whenever it changes whether an endpoint is out, used or in the list. */
    void watch(Consumer<TrackedNode> watch) {
        watches.add(watch);
    }

    private void changed(TrackedNode node) {
        for (Consumer<TrackedNode> watch : watches) {
            watch.accept(node);
        }
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
     * The change itself must be quick.
     */
    void tell(Change change) {
        told.add(change);
        applyUnlessBusy();
    }

    /** Does the same for a change that looks at all endpoints: where these are many, a thread applies it that may take its time. */
    void tellOfAll(Change change) {
        if (members.size() < LARGE_LIST) {
            tell(change);
        } else {
            toldOfAll.add(change);
            askForThread();
        }
    }

    private void askForThread() {
        if (!threadIsComing.compareAndSet(false, true)) {
            return;
        }
        try {
            environment.blocking().execute(this::applyWithTime);
        } catch (RuntimeException | Error e) { // there is none; late is better than never
            LOG.log(
                    System.Logger.Level.WARNING,
                    announcer.service() + ": no thread for changes, so this one does it",
                    OneLine.of(e));
            applyWithTime();
        }
    }

    private void applyWithTime() {
        threadIsComing.set(false);
        update(NOTHING);
    }

    private void release() {
        lock.unlock();
        if (!lock.isHeldByCurrentThread()) {
            applyUnlessBusy(); // what was told meanwhile
        }
    }

    /** Gives way to those who wait for the lock; they do this themselves when they have had it. */
    private void applyUnlessBusy() {
        for (int left = MOST_AT_A_TIME; !told.isEmpty() && changes.isEmpty(); left /= 2) {
            if (left == 0) {
                askForThread();
                return;
            }
            if (!lock.tryLock()) {
                return;
            }
            try {
                if (apply(told, left)) {
                    publishWhenDue(isQuicklyPublished());
                }
            } finally {
                lock.unlock();
            }
            announcer.deliver();
        }
    }

    private void applyAll() {
        boolean rebuild = apply(told, Integer.MAX_VALUE);
        rebuild |= apply(toldOfAll, Integer.MAX_VALUE);
        rebuild |= apply(changes, Integer.MAX_VALUE);
        if (rebuild) {
            publishWhenDue(true);
        }
    }

    /** Applies what is queued, and returns whether views must be rebuilt. */
    private boolean apply(Queue<Change> queue, int most) {
        for (int i = 0; i < most; i++) {
            Change change = queue.poll();
            if (change == null) {
                break;
            }
            try {
                // Read anew: a timer queued this after its time had come, maybe while we applied what was before it.
                boolean changed =
                        !closed && change.apply(members, environment.ticker().nanos());
                allOutdated |= changed; // not in one, or what the change itself tells might be forgotten
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, announcer.service() + ": a change was lost", OneLine.of(e));
            }
        }
        return !closed && (allOutdated || !outdated.isEmpty());
    }

    /** Notes, in a change, that a view must be rebuilt, if only that. */
    void outdated(LoadBalancerView view) {
        outdated.add(view);
    }

    /** Returns whether a request or a timer may rebuild what must be. */
    private boolean isQuicklyPublished() {
        long work = (long) members.size() * Math.max(1, allOutdated ? views.size() : outdated.size());
        return work < LARGE_LIST && snapshots.arePreparedFor(members.version());
    }

    /**
     * Rebuilds the views, at once or later on a thread that may take its time: the one of the timers is there for all services.
     *
     * @param mayBeNow whether this thread may do it
     */
    private void publishWhenDue(boolean mayBeNow) {
        long now = environment.ticker().nanos();
        long wait = publishedSomebody ? Math.max(0, publishedNanos + spacingNanos(members.size()) - now) : 0;
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
            return false; // what was outdated when this was scheduled still is, unless it has been done
        });
    }

    private void publish(long now) {
        publishedSomebody = members.size() > 0;
        publishedNanos = now;
        boolean all = allOutdated;
        List<LoadBalancerView> some = all ? List.copyOf(views) : List.copyOf(outdated);
        allOutdated = false;
        outdated.clear();
        if (all) {
            arrange(now);
        }
        some.forEach(view -> unlessThePolicyFails(() -> view.rebuild(arrangement, snapshots)));
        published.signalAll();
    }

    private void arrange(long now) {
        members.refreshWeights(now);
        arrangement = arranger.arrange(members);
        if (arrangement.usesOthers()) {
            announce(Event.Type.SUBSET_CHANGED, null, Arranger.describe(members));
        }
        splitNews.tell(this, members, arrangement.split());
        long version = members.version();
        unlessThePolicyFails(() -> snapshots.prepare(arrangement, version));
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
        tell((all, now) -> {
            view.setSlot(freeSlot());
            views.add(view);
            outdated(view);
            return false;
        });
    }

    void close(LoadBalancerView view) {
        tellOfAll((all, now) -> {
            views.remove(view);
            outdated.remove(view);
            view.rebuild(Arrangement.EMPTY, snapshots);
            view.tellNoMore();
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
        return look((all, now) -> arranger.split());
    }

    /** Returns how far apart what looks at all of so many endpoints is done: 0 where there are few. */
    static long spacingNanos(int endpoints) {
        return endpoints < LARGE_LIST ? 0 : endpoints * SPACING_NANOS_PER_ENDPOINT;
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

    /** Notes, in a change, that so many endpoints may be news. */
    void expectEvents(int endpoints) {
        announcer.expect(endpoints);
    }

    /** Returns the endpoints of the list that this client uses. Takes no lock. */
    List<Endpoint> used() {
        return members.nodes().stream()
                .filter(TrackedNode::isUsed)
                .map(TrackedNode::endpoint)
                .toList();
    }

    /** Returns how long the list is. Takes no lock. */
    int size() {
        return members.size();
    }

    /**
     * Reads something without waiting: under the lock if that is free, else while it is being changed, so that parts may be of different moments.
     * For words, and only of what may be read by any thread.
     */
    <T> T look(Reader<T> reader) {
        if (!lock.tryLock()) {
            return reader.read(members, environment.ticker().nanos());
        }
        try {
            return reader.read(members, environment.ticker().nanos());
        } finally {
            release();
        }
    }

    /** Reads something under the lock, for which it may have to wait. */
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
