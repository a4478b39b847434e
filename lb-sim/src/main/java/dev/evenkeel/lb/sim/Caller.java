package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.time.VirtualTime;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One client: calls when its time has come, whatever became of the calls before (an open loop). */
final class Caller {
    private static final long PROBE_CONNECT_NANOS = Duration.ofSeconds(1).toNanos();

    private final int index;
    private final Clients model;
    private final World world;
    private final VirtualTime time;
    private final Route.Router router;
    private final List<Server> servers;
    private final SplitMix64 calls;
    private final Arrivals arrivals;
    private final Deadlines deadlines;
    private final BitSet connected = new BitSet(); // servers that answered on a connection that still looks alive
    private final RequestInfo idempotent;
    private final RequestInfo nonIdempotent;

    Caller(int index, Clients model, World world, long seed, Route.Router router) {
        this.index = index;
        this.model = model;
        this.world = world;
        this.time = world.time();
        this.router = router;
        this.servers = world.servers();
        this.calls = SplitMix64.stream(seed, SplitMix64.Stream.CALLS, index);
        this.arrivals = new Arrivals(
                time, SplitMix64.stream(seed, SplitMix64.Stream.ARRIVALS, index), model.ratePerSecond(), this::call);
        this.deadlines = new Deadlines(time, model.deadline().toNanos());
        this.idempotent = RequestInfo.IDEMPOTENT.withTimeout(model.deadline());
        this.nonIdempotent = RequestInfo.NON_IDEMPOTENT.withTimeout(model.deadline());
    }

    Arrivals arrivals() {
        return arrivals;
    }

    Route.Router router() {
        return router;
    }

    private void call() {
        long key = calls.nextLong();
        boolean repeatable = SplitMix64.unit(SplitMix64.mix(~key)) >= model.nonIdempotentShare();
        world.recorder().arrived(index);
        Route route = router.newCall(repeatable ? idempotent : nonIdempotent, SplitMix64.unit(key));
        LogicalCall call = new LogicalCall(this, route, time.nanos(), key);
        call.attempt();
        if (!call.hasEnded()) {
            deadlines.add(call);
        }
    }

    /** Returns an attempt of a call, ready to be sent. */
    Exchange exchange(LogicalCall call, Route.Hop hop, long randomKey, double share) {
        Server server = servers.get(hop.server());
        world.recorder().picked(index, hop.server());
        long connectNanos = model.connectTimeout().toNanos();
        Exchange.Connection connection = new Exchange.Connection(
                connected.get(hop.server()),
                hop.probe() ? Math.min(PROBE_CONNECT_NANOS, connectNanos) : connectNanos,
                world.networkDelayNanos());
        long demand = server.model().serviceTime().nanos(share);
        if (demand < 0) {
            throw new IllegalArgumentException(
                    "service time is " + demand + " ns for a share of " + share + ", must not be negative");
        }
        return new Exchange(time, call, server, randomKey, demand, connection);
    }

    /** Learns how an attempt ended: only an answer leaves the connection in use. */
    void learn(Exchange exchange, Outcome outcome) {
        int server = exchange.server.index();
        boolean answered = switch (outcome.kind()) {
            case CONNECT_FAILED, UNTRUSTED, STALE_CONNECTION, BROKEN, TIMED_OUT, BODY_BROKEN, CANCELLED, NOT_SENT ->
                false;
            case SUCCESS, FAILED, UNAVAILABLE, NOT_PROCESSED, PUSHBACK -> true;
        };
        connected.set(server, answered);
        world.recorder().attemptEnded(index, server, outcome);
    }

    void later(long delayNanos, Runnable task) {
        time.schedule(delayNanos, task);
    }

    void ended(LogicalCall call, @Nullable String failure) {
        world.recorder()
                .callEnded(
                        index,
                        time.nanos() - call.startNanos(),
                        model.deadline().toNanos(),
                        failure);
    }
}
