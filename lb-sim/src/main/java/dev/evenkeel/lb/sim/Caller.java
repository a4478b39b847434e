package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.time.Scheduler.Scheduled;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;

/** Whoever calls the servers of a tier through a load balancer of its own: a client, or a server of the tier before. */
final class Caller {
    private static final long PROBE_CONNECT_NANOS = Duration.ofSeconds(1).toNanos();

    private final int index;
    private final long connectNanos;
    private final World world;
    private final ProcessTime time;
    private final Route.Router router;
    private final List<Server> servers;
    private final Deadlines deadlines;
    private final BitSet connected = new BitSet(); // servers that answered on a connection that still looks alive
    private final RequestInfo idempotent;
    private final RequestInfo nonIdempotent;

    /**
     * @param index tells it from all other callers
     * @param deadline the time for each of its calls
     * @param connectTimeout how long it waits for a connection
     * @param time that of its process
     */
    Caller(int index, Duration deadline, Duration connectTimeout, World world, ProcessTime time, Route.Router router) {
        this.index = index;
        this.connectNanos = connectTimeout.toNanos();
        this.world = world;
        this.time = time;
        this.router = router;
        this.servers = world.servers();
        this.deadlines = new Deadlines(time, deadline.toNanos());
        this.idempotent = RequestInfo.IDEMPOTENT.withTimeout(deadline);
        this.nonIdempotent = RequestInfo.NON_IDEMPOTENT.withTimeout(deadline);
    }

    int index() {
        return index;
    }

    Route.Router router() {
        return router;
    }

    /** Begins a call; it may be over when this returns. */
    LogicalCall call(Request request, LogicalCall.Ending ending) {
        RequestInfo info = request.repeatable() ? idempotent : nonIdempotent;
        Route route = router.newCall(
                request.destination().key() == null ? info : info.withDestination(request.destination()));
        LogicalCall call = new LogicalCall(this, route, request, ending);
        call.attempt();
        if (!call.isOver()) {
            deadlines.add(call);
        }
        return call;
    }

    /** Returns an attempt of a call, ready to be sent. */
    Exchange exchange(LogicalCall call, Route.Hop hop, long randomKey) {
        Server server = servers.get(hop.server());
        world.recorder()
                .picked(index, hop.server(), call.request().destination().key());
        Exchange.Connection connection = new Exchange.Connection(
                hop.isConnected() || connected.get(hop.server()),
                hop.isProbe() ? Math.min(PROBE_CONNECT_NANOS, connectNanos) : connectNanos,
                world.networkDelayNanos());
        double share = call.request().share();
        long demand = server.model().serviceTime().nanos(share);
        if (demand < 0) {
            throw new IllegalArgumentException(
                    "service time is " + demand + " ns for a share of " + share + ", must not be negative");
        }
        return new Exchange(time, call, hop, server, randomKey, demand, connection);
    }

    /** Learns how an attempt ended: only an answer leaves the connection in use. */
    void learn(Exchange exchange, Outcome outcome) {
        int server = exchange.server.index();
        boolean answered = switch (outcome.kind()) {
            case CONNECT_FAILED,
                    UNTRUSTED,
                    STALE_CONNECTION,
                    BROKEN,
                    TIMED_OUT,
                    BODY_BROKEN,
                    CANCELLED,
                    HEDGE_LOST,
                    NOT_SENT -> false;
            case SUCCESS, REJECTED, FAILED, UNAVAILABLE, NOT_PROCESSED, PUSHBACK -> true;
        };
        connected.set(server, answered);
        world.recorder().attemptEnded(index, server, outcome);
    }

    long nowNanos() {
        return time.nanos();
    }

    /** Lets a request go its way, which takes the time of the world. */
    void send(Exchange exchange) {
        Route.Hop hop = exchange.hop();
        if (hop.toWireNanos() > 0) {
            time.schedule(hop.toWireNanos(), () -> sendUnlessAbandoned(exchange));
        } else {
            exchange.send(world.time());
        }
    }

    private void sendUnlessAbandoned(Exchange exchange) {
        if (!exchange.isAbandoned()) {
            exchange.hop().sent();
            exchange.send(world.time());
        }
    }

    Scheduled later(long delayNanos, Runnable task) {
        return time.schedule(delayNanos, task);
    }
}
