package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.SynchronizationContext;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Makes connections anew before their pause is over: to endpoints that others can reach again, and in the place of connections that are dead. Used
 * in the channel's context, where nobody else waits for what goes wrong here.
 */
final class Replacements {
    /** An endpoint that comes and goes must not be connected to in a loop. Guessed. */
    private static final long REST_SECONDS = 1;

    private final LoadBalancer.Helper helper;
    private final SynchronizationContext context;
    private final Consumer<EndpointChild> dial;
    private final Consumer<EndpointChild> lost;

    /**
     * Creates one.
     *
     * @param dial makes a connection that was given up, as soon as there is a place for it
     * @param lost is told of a connection that was given up for a new one
     */
    Replacements(LoadBalancer.Helper helper, Consumer<EndpointChild> dial, Consumer<EndpointChild> lost) {
        this.helper = helper;
        this.context = helper.getSynchronizationContext();
        this.dial = dial;
        this.lost = lost;
    }

    /** Learns that others can reach the endpoint again. It may be minutes before it is tried by itself. */
    void recovered(EndpointChild child) {
        if (child.isBackingOff()) {
            reconnect(child);
        }
    }

    /** Learns that a connection is dead: a new one either works, or shows that the endpoint is not there. */
    void dead(EndpointChild child, Silence silence) {
        if (child.isReplaceable() && child.isConnectedOver(silence)) {
            try {
                reconnect(child);
            } finally {
                lost.accept(child);
            }
            helper.refreshNameResolution(); // the server may have moved
        }
    }

    private void reconnect(EndpointChild child) {
        var unused =
                context.schedule(child::rested, REST_SECONDS, TimeUnit.SECONDS, helper.getScheduledExecutorService());
        child.giveUp();
        dial.accept(child);
    }
}
