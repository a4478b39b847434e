package dev.evenkeel.lb.grpc;

import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks after connections over which calls wait. Where nothing came since the last look, the server is asked
 * something. If it does not answer it is asked again, over this connection and over another one that is made for it. That tells three cases
 * apart: an answer over the other only, or no other connection, means that this one is dead. An answer over this one, or over neither though
 * the other is connected, means that the server is busy, and nothing is done to it. Used in the channel's context.
 */
final class Liveness {
    /** Between looks, and how long an answer may take: a dead connection is known as such after three to four of them. Guessed. */
    static final Duration INTERVAL = Duration.ofSeconds(4);

    private final LoadBalancer.Helper helper;
    private final SynchronizationContext context;
    private final Duration interval;
    private final Connections connections;
    private final Replacements replacements;
    private final BiConsumer<String, Runnable> execute;
    private final Set<Silence> asked = Collections.newSetFromMap(new WeakHashMap<>()); // not again meanwhile
    private final Set<ManagedChannel> others = new HashSet<>(); // made for a question
    private @Nullable ScheduledHandle next; // null before the beginning and after the end

    /**
     * Creates one.
     *
     * @param interval 0 for no looks
     * @param execute runs a task with this name in the channel's context, and what is thrown stays there
     */
    Liveness(
            LoadBalancer.Helper helper,
            Duration interval,
            Connections connections,
            Replacements replacements,
            BiConsumer<String, Runnable> execute) {
        this.helper = helper;
        this.context = helper.getSynchronizationContext();
        this.interval = interval;
        this.connections = connections;
        this.replacements = replacements;
        this.execute = execute;
    }

    /** Returns how often connections are looked at, by what a channel was told; 0 for never. */
    static Duration interval(LoadBalancer.Helper helper) {
        try {
            Duration said = helper.getNameResolverArgs().getArg(EvenkeelGrpc.LIVENESS_INTERVAL);
            return said == null || said.isNegative() ? INTERVAL : said;
        } catch (UnsupportedOperationException e) {
            return INTERVAL; // a channel of somebody else's that cannot be told anything
        }
    }

    void begin() {
        if (!interval.isZero()) {
            next = context.schedule(
                    () -> execute.accept("a look at silent connections", this::look),
                    interval.toNanos(),
                    TimeUnit.NANOSECONDS,
                    helper.getScheduledExecutorService());
        }
    }

    void end() {
        if (next != null) {
            next.cancel();
            next = null;
        }
        others.forEach(ManagedChannel::shutdownNow);
    }

    private void look() {
        if (next == null) {
            return;
        }
        begin(); // before anything may go wrong
        for (EndpointChild child : connections.all()) {
            Silence silence = child.silence();
            if (silence.look() && child.isWaitedFor() && !asked.contains(silence)) {
                ask(child, silence);
            }
        }
    }

    private void ask(EndpointChild child, Silence silence) {
        asked.add(silence);
        ask(silence, answered -> {
            if (answered || !silence.isQuiet()) {
                asked.remove(silence);
            } else {
                askTwice(child, silence);
            }
        });
    }

    /** Asks over a connection itself. */
    private void ask(Silence silence, Consumer<Boolean> told) {
        Subchannel over = Objects.requireNonNull(silence.over(), "calls wait, and none was sent");
        Question.ask(over.asChannel(), interval, answered -> {
            if (answered) {
                silence.heard();
            }
            execute.accept("a server's answer", () -> told.accept(answered));
        });
    }

    private void askTwice(EndpointChild child, Silence silence) {
        ManagedChannel other = helper.createOobChannel(child.address(), helper.getAuthority());
        others.add(other);
        Doubt doubt = new Doubt(child, silence, other);
        ask(silence, answered -> doubt.settleHalf());
        Question.ask(
                other, interval, answered -> execute.accept("a server's answer", () -> doubt.heardOfOther(answered)));
    }

    private void dead(EndpointChild child, Silence silence) {
        try {
            if (child.isParked()) {
                connections.remove(child);
            } else {
                replacements.replace(child, silence);
            }
        } finally {
            silence.giveUp(
                    Status.UNAVAILABLE.withDescription(
                            helper.getAuthority()
                                    + ": nothing comes over the connection to "
                                    + child.endpoint().id()
                                    + " any more, not even an answer to a question: its machine is gone, or something between forgot the connection"));
        }
    }

    /** Two questions at the same time, over the connection and over another. */
    private final class Doubt {
        private final EndpointChild child;
        private final Silence silence;
        private final ManagedChannel other;
        private final long begun = System.nanoTime();
        private boolean half; // one of the two has ended
        private boolean otherWorks;
        private boolean otherIsConnected;

        Doubt(EndpointChild child, Silence silence, ManagedChannel other) {
            this.child = child;
            this.silence = silence;
            this.other = other;
        }

        void heardOfOther(boolean answered) {
            otherWorks = answered;
            otherIsConnected = other.getState(false) == ConnectivityState.READY;
            other.shutdownNow();
            others.remove(other);
            settleHalf();
        }

        void settleHalf() {
            if (half) {
                settle();
            }
            half = true;
        }

        private void settle() {
            asked.remove(silence);
            boolean late = System.nanoTime() - begun > 2 * interval.toNanos(); // it was us who stood still
            if (silence.isQuiet() && !late && (otherWorks || !otherIsConnected)) {
                dead(child, silence);
            }
        }
    }
}
