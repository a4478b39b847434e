package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.text.OneLine;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has a channel's connections to its endpoints made, and made again: when there is a place for them in the {@link
 * ConnectQueue}, within a time limit, and after a failure when a pause is over that grows as gRPC's connection backoff
 * does. gRPC's own connects again whatever else is being made just now, and waits without end for a server that accepts
 * and never answers. Used in the channel's context.
 */
final class Dialer {
    /** As gRPC's connection backoff asks for, and as long as grpc-netty waits for TCP. */
    static final Duration TIMEOUT = Duration.ofSeconds(20);

    static final Duration SHORTEST = Duration.ofMillis(100);
    static final Duration LONGEST = Duration.ofHours(1);

    // gRPC's connection backoff.
    private static final double INITIAL_PAUSE_NANOS = 1e9;
    private static final double LONGEST_PAUSE_NANOS = 120e9;
    private static final double GROWTH = 1.6;
    private static final double JITTER = 0.2;

    private final LoadBalancer.Helper channel;
    private final SynchronizationContext context;
    private final Duration timeout;
    private final ConnectQueue queue;
    private final Consumer<EndpointChild> connect;
    private final BiConsumer<String, Runnable> guarded;
    private final Map<EndpointChild, Dial> dials = new HashMap<>(); // of those that are not connected

    /**
     * Creates one.
     *
     * @param connect begins a connection
     * @param guarded runs a task with this name, and what is thrown stays there
     */
    Dialer(
            LoadBalancer.Helper channel,
            ConnectQueue queue,
            Consumer<EndpointChild> connect,
            BiConsumer<String, Runnable> guarded) {
        this.channel = channel;
        this.context = channel.getSynchronizationContext();
        this.timeout = timeout(channel);
        this.queue = queue;
        this.connect = connect;
        this.guarded = guarded;
    }

    private static Duration timeout(LoadBalancer.Helper channel) {
        Duration said = ChannelArguments.get(channel, EvenkeelGrpc.CONNECT_TIMEOUT);
        return said == null || !isAllowed(said) ? TIMEOUT : said; // our resolver has refused it already
    }

    static boolean isAllowed(Duration timeout) {
        return timeout.compareTo(SHORTEST) >= 0 && timeout.compareTo(LONGEST) <= 0;
    }

    /** Has a connection made as soon as there is a place, with others for which this was said before {@link #begin}. */
    void want(EndpointChild child) {
        Dial dial = dials.computeIfAbsent(child, Dial::new);
        if (!dial.dialing) {
            dial.stopTimer();
            queue.wait(dial, false);
        }
    }

    /** Begins what is wanted, as far as there are places. */
    void begin() {
        queue.fill();
    }

    /** Learns that a connection's state is another one. */
    void changed(EndpointChild child) {
        switch (child.state()) {
            case CONNECTING -> dials.computeIfAbsent(child, this::begunByItself);
            case SHUTDOWN -> {}
            case READY -> forget(child);
            case TRANSIENT_FAILURE -> failed(child);
            case IDLE -> {
                forgetDial(dials.get(child));
                want(child);
                begin();
            }
        }
    }

    /** It was not asked for here, but its time is limited like that of any other. */
    private Dial begunByItself(EndpointChild child) {
        Dial dial = new Dial(child);
        dial.beginTime();
        return dial;
    }

    private void failed(EndpointChild child) {
        Dial dial = dials.computeIfAbsent(child, Dial::new);
        if (!child.hasAddress()) {
            forget(child); // until a list has one
        } else if (!dial.resting) {
            forgetDial(dial);
            dial.rest();
        }
    }

    /** Forgets a connection that is made, or not wanted any more. */
    void forget(EndpointChild child) {
        Dial dial = dials.remove(child);
        forgetDial(dial);
    }

    private void forgetDial(@Nullable Dial dial) {
        if (dial != null) {
            dial.stopTimer();
            dial.dialing = false;
            queue.leave(dial);
        }
    }

    void end() {
        dials.values().forEach(Dial::stopTimer);
        dials.clear();
        queue.clear();
    }

    /** One connection until it is made. */
    private final class Dial implements ConnectQueue.Making {
        private final EndpointChild child;
        private int failures; // in a row
        private boolean dialing;
        private boolean resting;
        private @Nullable ScheduledHandle timer; // of the end of its time, or of its pause

        Dial(EndpointChild child) {
            this.child = child;
        }

        @Override
        public void begin() {
            beginTime();
            connect.accept(child);
        }

        private void beginTime() {
            dialing = true;
            setTimer("the end of a connection's time", this::giveUp, timeout.toNanos());
        }

        /** Whatever the transport waits for, it has had its time. */
        private void giveUp() {
            child.fail(Status.UNAVAILABLE.withDescription("not connected within " + OneLine.of(timeout.toString())
                    + ": connecting, or what comes after it such as a handshake, does not end"));
        }

        private void rest() {
            resting = true;
            double pause = Math.min(LONGEST_PAUSE_NANOS, INITIAL_PAUSE_NANOS * Math.pow(GROWTH, failures++));
            setTimer("another try to connect", this::tryAgain, (long)
                    (pause * (1 + JITTER * (2 * queue.random().nextDouble() - 1))));
            // Not now: its leaf is in the middle of telling us.
            context.execute(() -> guarded.accept("the end of a failed connection", () -> {
                if (resting) {
                    child.rest();
                }
            }));
        }

        private void tryAgain() {
            resting = false;
            queue.add(this, true);
        }

        private void setTimer(String what, Runnable task, long nanos) {
            timer = context.schedule(
                    () -> guarded.accept(what, task),
                    nanos,
                    TimeUnit.NANOSECONDS,
                    channel.getScheduledExecutorService());
        }

        private void stopTimer() {
            resting = false;
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        }
    }
}
