package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer.Subchannel;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
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
    private final LongAdder inFlight = new LongAdder(); // calls that were sent and have not ended
    private final Consumer<Silence> suspected;
    private final OpenCalls waiting; // the channel's, over all its connections
    private volatile boolean quiet; // nothing was heard since the last look
    private volatile boolean ending; // nothing new is sent over the connection
    private volatile @Nullable Status givenUp; // why; null while there is hope
    private volatile @Nullable Subchannel over; // the connection, as gRPC has it; null before the first call

    /**
     * Creates one.
     *
     * @param waiting gets to know the calls
     * @param suspected is told of this when calls ran into their deadlines without a word, on any thread
     */
    Silence(OpenCalls waiting, Consumer<Silence> suspected) {
        this.waiting = waiting;
        this.suspected = suspected;
    }

    /** Returns which calls are open, over this connection and the channel's others. */
    OpenCalls calls() {
        return waiting;
    }

    /** Learns that a call was sent over this connection. */
    void sent() {
        inFlight.increment();
    }

    /** Learns that a call ended that was sent over it. */
    void ended() {
        inFlight.decrement();
    }

    /** Returns whether calls that were sent over it have not ended. */
    boolean isInFlight() {
        return inFlight.sum() > 0;
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

    /** Learns that the connection is ending, by the server's wish or because it broke. */
    void ends() {
        ending = true;
    }

    boolean isEnding() {
        return ending;
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

    /** Learns that a call was sent. What would wait for ever over a dead connection, as the others leave it, ends at once. */
    void waits(AttemptTracer call) {
        waiting.add(call);
        Status why = givenUp;
        if (why != null && call.mayWaitForEver()) {
            call.giveUp(why);
        }
    }

    /** Ends the calls that would wait for ever. */
    void giveUp(Status status) {
        waiting.giveUp(this, status);
    }

    /** Ends them for good: also what is yet to be sent over this connection, which nothing new is sent over. */
    void giveUpForGood(Status status) {
        givenUp = status; // before we look who waits, or one that is being sent would be missed
        giveUp(status);
    }
}
