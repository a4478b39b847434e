package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.SynchronizationContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Which of a channel's connections may be begun now, of whatever kind: first ones, those in the place of lost or dead
 * ones, and those that only try a server. There are places for a few at a time. A connection that is neither made nor
 * refused gives its place back after a second and goes on without, or those that hang would keep all others out; much
 * sooner while the channel is connected to nothing, as its calls wait then. The next one is chosen at random; those that
 * have failed come last. Used in the channel's context.
 */
final class ConnectQueue {
    /** How many are begun at a time. Guessed: enough to be quick, few enough to leave machine and servers air. */
    static final int PLACES = 50;

    /** Between looks at who is to give its place back. Guessed: 500 that hang take ten of them. */
    static final long LOOK_MILLIS = 80;

    /** After so many looks a place is given back: a second, longer than nearly all connections take. */
    private static final int PATIENCE = 13;

    private final SynchronizationContext context;
    private final LoadBalancer.Helper channel;
    private final RandomGenerator random;
    private final BooleanSupplier connected;
    private final BiConsumer<String, Runnable> guarded;
    private final Lane first = new Lane();
    private final Lane again = new Lane(); // have failed since they were made last
    private final Map<Making, Long> places = new HashMap<>(); // by the look before which it was begun
    private long looks;
    private int looksInVain = PATIENCE; // while the channel was connected to nothing; at first it never was
    private boolean looking;
    private boolean filling;

    /** A connection that is to be made. */
    @FunctionalInterface
    interface Making {
        /** Called when there is a place for it. */
        void begin();
    }

    /**
     * Creates an empty one.
     *
     * @param connected whether the channel is connected to anything
     * @param guarded runs a task with this name, and what is thrown stays there
     */
    ConnectQueue(
            LoadBalancer.Helper channel,
            RandomGenerator random,
            BooleanSupplier connected,
            BiConsumer<String, Runnable> guarded) {
        this.channel = channel;
        this.context = channel.getSynchronizationContext();
        this.random = random;
        this.connected = connected;
        this.guarded = guarded;
    }

    /** Begins a connection as soon as there is a place for it: at once if there is one now. */
    void add(Making making, boolean hasFailed) {
        wait(making, hasFailed);
        fill();
    }

    /** Adds a connection that is begun by the next {@link #fill}, so that those of a list are begun in any order. */
    void wait(Making making, boolean hasFailed) {
        if (!places.containsKey(making)) {
            (hasFailed ? first : again).remove(making);
            if (!first.contains(making)) {
                (hasFailed ? again : first).add(making);
            }
        }
    }

    /** Begins as many as there are places. */
    void fill() {
        if (filling) {
            return; // one that has begun says already what became of it
        }
        filling = true;
        try {
            while (places.size() < PLACES && isAnyWaiting()) {
                Making next = first.isEmpty() ? again.take(random) : first.take(random);
                places.put(next, looks);
                next.begin();
            }
        } finally { // or what one throws would keep the others waiting
            filling = false;
            look();
        }
    }

    private boolean isAnyWaiting() {
        return !first.isEmpty() || !again.isEmpty();
    }

    /** Returns what chance is made of here. */
    RandomGenerator random() {
        return random;
    }

    /** Gives back the place of one that was made, or failed, or is not wanted any more. */
    void leave(Making making) {
        first.remove(making);
        again.remove(making);
        if (connected.getAsBoolean()) {
            looksInVain = 0;
        }
        if (places.remove(making) != null) {
            fill();
        }
    }

    /** Forgets all of them. */
    void clear() {
        first.clear();
        again.clear();
        places.clear();
    }

    private void look() {
        if (!looking && (!places.isEmpty() || isAnyWaiting())) {
            looking = true;
            var unused = context.schedule(
                    () -> guarded.accept("a look at connections that hang", this::sweep),
                    LOOK_MILLIS,
                    TimeUnit.MILLISECONDS,
                    channel.getScheduledExecutorService());
        }
    }

    private void sweep() {
        looking = false;
        looks++;
        looksInVain = connected.getAsBoolean() ? 0 : Math.min(PATIENCE, looksInVain + 1);
        int patience = looksInVain == PATIENCE ? 1 : PATIENCE;
        for (Iterator<Long> begun = places.values().iterator(); begun.hasNext(); ) {
            if (looks - begun.next() >= patience) {
                begun.remove();
            }
        }
        fill();
    }

    /** Those that wait, of which any may be next. Each operation takes the same time however many there are. */
    private static final class Lane {
        private final List<Making> all = new ArrayList<>();
        private final Map<Making, Integer> at = new HashMap<>();

        boolean isEmpty() {
            return all.isEmpty();
        }

        boolean contains(Making making) {
            return at.containsKey(making);
        }

        void add(Making making) {
            if (at.putIfAbsent(making, all.size()) == null) {
                all.add(making);
            }
        }

        Making take(RandomGenerator random) {
            Making taken = all.get(random.nextInt(all.size()));
            remove(taken);
            return taken;
        }

        void remove(Making making) {
            Integer place = at.remove(making);
            if (place != null) {
                Making last = all.remove(all.size() - 1);
                if (place < all.size()) {
                    all.set(place, last);
                    at.put(last, place);
                }
            }
        }

        void clear() {
            all.clear();
            at.clear();
        }
    }
}
