package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.time.Scheduler;
import dev.evenkeel.lb.time.Scheduler.Scheduled;
import dev.evenkeel.lb.time.VirtualTime;
import org.jspecify.annotations.Nullable;

/** One attempt on its way: the request to a server, the work there, and the answer back. */
final class Exchange {
    final Server server;
    final long randomKey; // settles what is random about this attempt
    final double demandNanos; // the work, at normal speed
    final Connection connection;

    private final Scheduler receiver; // by the time of the caller
    private final LogicalCall call;
    private final Route.Hop hop;
    private boolean abandoned; // the caller no longer waits
    private @Nullable Outcome outcome; // what the answer on its way back says

    // Written by the server while it works on this.
    double remainingNanos;
    long workingSinceNanos;
    int slot;

    @Nullable
    Scheduled completion;

    @Nullable
    Blip blip; // what happens to its answer

    boolean awaitsNextTier; // its own work is done, and it holds its worker until the next tier has answered

    @Nullable
    LogicalCall behind; // the call to the next tier

    /**
     * The way to the server.
     *
     * @param warm whether there is a connection on which something was answered
     * @param connectTimeoutNanos how long a new one may take
     * @param delayNanos how long a message is under way
     */
    record Connection(boolean warm, long connectTimeoutNanos, long delayNanos) {}

    Exchange(
            Scheduler receiver,
            LogicalCall call,
            Route.Hop hop,
            Server server,
            long randomKey,
            double demandNanos,
            Connection connection) {
        this.receiver = receiver;
        this.call = call;
        this.hop = hop;
        this.server = server;
        this.randomKey = randomKey;
        this.demandNanos = demandNanos;
        this.connection = connection;
    }

    void send(VirtualTime time) {
        time.schedule(connection.delayNanos, () -> server.receive(this));
    }

    /** Sends an answer back, which begins its way after a while. */
    void answer(Outcome answer, long afterNanos) {
        if (blip == null) {
            outcome = answer;
            receiver.schedule(afterNanos + connection.delayNanos, this::deliver);
        } else if (!blip.losesAnswer()) {
            outcome = answer;
            receiver.schedule(afterNanos + blip.lateNanos() + connection.delayNanos, this::deliver);
        }
    }

    /** The request vanished: on a connection that looks alive nobody notices, a new one is not made in time. */
    void vanish() {
        if (!connection.warm) {
            outcome = Server.CONNECT_TIMEOUT;
            receiver.schedule(connection.connectTimeoutNanos - connection.delayNanos, this::deliver);
        }
    }

    private void deliver() {
        if (!abandoned && outcome != null) {
            call.ended(this, outcome);
        }
    }

    /** Returns the index of the caller that sent it. */
    int caller() {
        return call.caller().index();
    }

    Route.Hop hop() {
        return hop;
    }

    void abandon() {
        abandoned = true;
    }

    /** Returns what the server asks of the next tier to answer this. */
    Request requestBehind() {
        return call.request().behind(randomKey);
    }

    boolean isAbandoned() {
        return abandoned;
    }
}
