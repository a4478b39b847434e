package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is heard over one connection, and who waits for it. A machine that vanished says nothing more, and no more does a connection that a
 * firewall forgot; TCP finds out after a quarter of an hour. {@link Liveness} does by this. Safe for use by many threads.
 */
final class Silence {
    /** Guessed: more than a coincidence. */
    private static final int TIMEOUTS = 3;

    private final AtomicInteger timeouts = new AtomicInteger(); // since something was heard
    private final Consumer<Silence> suspected;
    private volatile boolean quiet; // nothing was heard since the last look
    private volatile @Nullable Set<AttemptTracer>
            waiting; // open calls without an end of their own; null before the first
    private volatile @Nullable Subchannel over; // the connection, as gRPC has it; null before the first call

    /**
     * Creates one.
     *
     * @param suspected is told of this when calls ran into their deadlines without a word, on any thread
     */
    Silence(Consumer<Silence> suspected) {
        this.suspected = suspected;
    }

    /** Learns that something came. */
    void heard() {
        if (timeouts.get() != 0) {
            timeouts.set(0);
        }
        if (quiet) {
            quiet = false;
        }
    }

    /** Learns that a call's time was over, and nothing had come for it. */
    void timedOut() {
        if (timeouts.incrementAndGet() == TIMEOUTS) {
            suspected.accept(this);
        }
    }

    /** Returns whether nothing was heard since this was asked last. */
    boolean look() {
        boolean was = quiet;
        quiet = true;
        return was;
    }

    /** Returns the same, and is no look. */
    boolean isQuiet() {
        return quiet;
    }

    /** Begins to count timeouts anew. */
    void excuse() {
        timeouts.set(0);
    }

    /** Learns which connection it is that calls are sent over. */
    void isOver(Subchannel connection) {
        over = connection;
    }

    /** Returns the connection; null if no call was sent over it yet. */
    @Nullable
    Subchannel over() {
        return over;
    }

    /** Learns that a call was sent that would wait for ever. */
    void waits(AttemptTracer call) {
        Set<AttemptTracer> calls = waiting;
        if (calls == null) {
            calls = firstWaiting();
        }
        calls.add(call);
    }

    private synchronized Set<AttemptTracer> firstWaiting() {
        Set<AttemptTracer> known = waiting;
        if (known != null) {
            return known;
        }
        Set<AttemptTracer> made = ConcurrentHashMap.newKeySet();
        waiting = made;
        return made;
    }

    /** Learns that such a call has ended. */
    void waitsNoLonger(AttemptTracer call) {
        Set<AttemptTracer> calls = waiting;
        if (calls != null) {
            calls.remove(call);
        }
    }

    /** Returns whether there is such a call. */
    boolean isWaitedFor() {
        Set<AttemptTracer> calls = waiting;
        return calls != null && !calls.isEmpty();
    }

    /** Ends the calls that would wait for ever. */
    void giveUp(Status status) {
        Set<AttemptTracer> calls = waiting;
        if (calls != null) {
            calls.forEach(call -> call.giveUp(status));
        }
    }
}
