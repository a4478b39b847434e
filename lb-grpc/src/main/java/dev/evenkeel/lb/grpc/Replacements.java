package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer;
import io.grpc.SynchronizationContext;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Makes connections anew where gRPC would wait: to endpoints that others can reach again, and where nothing comes over a connection any
 * more. Used in the channel's context, where nobody else waits for what goes wrong here.
 */
final class Replacements {
    /** An endpoint that comes and goes must not be connected to in a loop. Guessed. */
    private static final long REST_SECONDS = 1;

    /** How long nothing must come over a connection that seems dead: longer than most pauses of a server. Guessed. */
    private static final long SILENCE_SECONDS = 1;

    /** A server that is only slow is not to make new connections all the time. Guessed. */
    private static final long REST_AFTER_SILENCE_SECONDS = 30;

    private final LoadBalancer.Helper helper;
    private final SynchronizationContext context;
    private final Consumer<EndpointChild> lost;

    /**
     * Creates one.
     *
     * @param lost is told of a connection that was given up for a new one
     */
    Replacements(LoadBalancer.Helper helper, Consumer<EndpointChild> lost) {
        this.helper = helper;
        this.context = helper.getSynchronizationContext();
        this.lost = lost;
    }

    /** Learns that others can reach the endpoint again. gRPC may be waiting for minutes before it tries. */
    void recovered(EndpointChild child) {
        if (child.isBackingOff()) {
            child.reconnect();
            rest(child, REST_SECONDS);
        }
    }

    /** Learns that nothing came for some calls: if that lasts, a new connection either works, or shows that the endpoint is not there. */
    void suspected(EndpointChild child, Silence silence, Consumer<Runnable> guarded) {
        int number = silence.number();
        after(
                SILENCE_SECONDS,
                () -> guarded.accept(() -> {
                    if (silence.lasts(number)) {
                        replace(child, silence);
                    }
                }));
    }

    /** Makes another connection in the place of a silent one, unless that was done already, or not long ago. */
    void replace(EndpointChild child, Silence silence) {
        if (child.isReplaceable() && child.silence() == silence) {
            rest(child, REST_AFTER_SILENCE_SECONDS);
            try {
                child.reconnect();
            } finally {
                lost.accept(child);
            }
        }
    }

    private void rest(EndpointChild child, long seconds) {
        after(seconds, child::rested);
    }

    private void after(long seconds, Runnable task) {
        var unused = context.schedule(task, seconds, TimeUnit.SECONDS, helper.getScheduledExecutorService());
    }
}
