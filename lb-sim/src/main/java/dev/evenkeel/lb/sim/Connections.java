package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A channel's connections: one to each endpoint that is listed, made at once, and again when it is lost. */
final class Connections implements LoadBalancerListener {
    private static final long FIRST_BACKOFF_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long LONGEST_BACKOFF_NANOS = Duration.ofMinutes(2).toNanos();
    private static final double BACKOFF_GROWTH = 1.6;

    private final World world;
    private final ProcessTime time;
    private final long connectTimeoutNanos;
    private final Map<Integer, Connection> byServer = new TreeMap<>(); // of the endpoints that are listed
    private final BitSet watched = new BitSet(); // servers of which crashes are heard
    private @Nullable LoadBalancerView view; // null before it is opened
    private Runnable onFailure = () -> {};

    Connections(World world, ProcessTime time, Duration connectTimeout) {
        this.world = world;
        this.time = time;
        this.connectTimeoutNanos = connectTimeout.toNanos();
    }

    /**
     * Begins to connect.
     *
     * @param newOnFailure runs when a connection could not be made
     */
    void open(LoadBalancerView opened, Runnable newOnFailure) {
        view = opened;
        onFailure = newOnFailure;
        byServer.values().forEach(Connection::connect);
    }

    @Override
    public void onEvent(Event event) {
        Endpoint endpoint = event.endpoint();
        if (endpoint == null) {
            return;
        }
        if (event.type() == Event.Type.ADDED) {
            Connection connection = new Connection(endpoint);
            byServer.put(Discovery.indexOf(endpoint), connection);
            watch(Discovery.indexOf(endpoint));
            if (view != null) {
                connection.connect();
            }
        } else if (event.type() == Event.Type.REMOVED) {
            Connection gone = byServer.remove(Discovery.indexOf(endpoint));
            if (gone != null) {
                gone.ended = true;
            }
        }
    }

    /** The server's end of a connection is closed when it crashes, which is heard after a while. */
    private void watch(int server) {
        if (!watched.get(server)) {
            watched.set(server);
            world.servers()
                    .get(server)
                    .onCrash(() -> time.schedule(world.networkDelayNanos(), () -> broken(byServer.get(server))));
        }
    }

    private static void broken(@Nullable Connection connection) {
        if (connection != null) {
            connection.lose();
        }
    }

    /** Returns whether a connection to an endpoint was not tried in vain since it worked last. */
    boolean mayConnect(Endpoint endpoint) {
        Connection connection = byServer.get(Discovery.indexOf(endpoint));
        return connection == null || !connection.failed;
    }

    /** Takes note of how an attempt ended that was sent over the connection to a server. */
    void attemptEnded(int server, long sentNanos, Outcome outcome) {
        Connection connection = byServer.get(server);
        if (connection == null) {
            return;
        }
        switch (outcome.kind()) {
            case SUCCESS, REJECTED, FAILED, UNAVAILABLE, NOT_PROCESSED, PUSHBACK ->
                connection.heardNanos = time.nanos();
            case CONNECT_FAILED, BROKEN -> connection.lose();
            case TIMED_OUT -> {
                if (connection.heardNanos - sentNanos < 0) {
                    connection.lose();
                }
            }
            case UNTRUSTED, STALE_CONNECTION, BODY_BROKEN, CANCELLED, HEDGE_LOST, NOT_SENT -> {}
        }
    }

    /** One of them. */
    private final class Connection {
        private final Endpoint endpoint;
        private boolean ended; // its endpoint is not listed any more
        private boolean ready;
        private boolean wasReady;
        private boolean failed; // could not be made since it was ready last
        private double backoffNanos = FIRST_BACKOFF_NANOS;
        private long heardNanos = time.nanos(); // when anything was heard over it last

        Connection(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        void connect() {
            if (ended) {
                return;
            }
            long delay = world.networkDelayNanos();
            world.later(delay, () -> {
                switch (world.servers().get(Discovery.indexOf(endpoint)).greet()) {
                    case ACCEPTED -> time.schedule(delay, this::made);
                    case REFUSED -> time.schedule(delay, this::failed);
                    case LOST -> time.schedule(connectTimeoutNanos - delay, this::failed);
                }
            });
        }

        private void made() {
            ready = true;
            wasReady = true;
            failed = false;
            backoffNanos = FIRST_BACKOFF_NANOS;
            heardNanos = time.nanos();
            tellReady();
        }

        private void failed() {
            failed = true;
            onFailure.run();
            if (wasReady && view != null && !ended) {
                wasReady = false;
                view.lost(endpoint);
            }
            time.schedule((long) backoffNanos, this::connect);
            backoffNanos = Math.min((double) LONGEST_BACKOFF_NANOS, backoffNanos * BACKOFF_GROWTH);
        }

        void lose() {
            if (ready) {
                ready = false;
                tellReady();
                connect();
            }
        }

        private void tellReady() {
            if (view != null && !ended) {
                view.setReady(endpoint, ready);
            }
        }
    }
}
