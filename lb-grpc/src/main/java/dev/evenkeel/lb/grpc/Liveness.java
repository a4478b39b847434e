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
 * Finds dead connections. Where calls wait and nothing came since the last look, or some ran into their deadlines without a word, the server
 * is asked something. If it does not answer it is asked again, over this connection and over another one that is made for it. That tells
 * three cases apart: an answer over the other only, or no other connection, means that this one is dead. An answer over this one means that
 * it is not. No answer over either, though the other is connected, means that the server is busy, and nothing is done to it. A question that
 * cannot be sent, because the connection has as many streams as the server allows, says nothing. Used in the channel's context.
 */
final class Liveness {
    /** Between looks, and how long an answer may take: a dead connection is known as such after three to four of them. Guessed. */
    static final Duration INTERVAL = Duration.ofSeconds(4);

    /** How long the first answer may take where calls ran into their deadlines already. Guessed: longer than most pauses of a server. */
    private static final Duration SUSPECTED_PATIENCE = Duration.ofSeconds(1);

    /** A server that is only busy is not to have new connections made to it all the time. Guessed. */
    private static final long REST_SECONDS = 30;

    private final LoadBalancer.Helper helper;
    private final SynchronizationContext context;
    private final Duration interval;
    private final Connections connections;
    private final Replacements replacements;
    private final BiConsumer<String, Runnable> execute;
    private final Set<Silence> asked = Collections.newSetFromMap(new WeakHashMap<>()); // not again for now
    private final Set<ManagedChannel> others = new HashSet<>(); // made for a question
    private @Nullable ScheduledHandle next; // null before the beginning and after the end

    /**
     * Creates one.
     *
     * @param interval 0 for nothing of this
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
            if (child.silence().look() && child.isWaitedFor()) {
                ask(child, child.silence(), interval);
            }
        }
    }

    /** Learns that calls ran into their deadlines without a word. */
    void suspected(EndpointChild child, Silence silence) {
        if (next != null && child.silence() == silence && silence.over() != null) {
            silence.look(); // from now on it counts what is heard
            ask(child, silence, interval.compareTo(SUSPECTED_PATIENCE) < 0 ? interval : SUSPECTED_PATIENCE);
        }
    }

    private void ask(EndpointChild child, Silence silence, Duration patience) {
        if (!asked.add(silence)) {
            return;
        }
        ask(silence, patience, end -> {
            if (end == Question.End.SILENCE && silence.isQuiet() && next != null) {
                askTwice(child, silence, patience);
            } else {
                leave(silence);
            }
        });
    }

    /** Asks over a connection itself. */
    private void ask(Silence silence, Duration patience, Consumer<Question.End> told) {
        Subchannel over = Objects.requireNonNull(silence.over(), "calls wait, and none was sent");
        Question.ask(over.asChannel(), patience, end -> {
            if (end == Question.End.ANSWERED) {
                silence.heard();
            }
            execute.accept("a server's answer", () -> told.accept(end));
        });
    }

    private void askTwice(EndpointChild child, Silence silence, Duration patience) {
        ManagedChannel other = helper.createOobChannel(child.address(), helper.getAuthority());
        others.add(other);
        Doubt doubt = new Doubt(child, silence, other);
        Question.ask(other, interval, end -> execute.accept("a server's answer", () -> doubt.heardOfOther(end)));
        ask(silence, patience, doubt::heardOfThis);
    }

    /** There is nothing wrong with a connection. */
    private void leave(Silence silence) {
        asked.remove(silence);
        silence.excuse();
    }

    private void leaveForAWhile(Silence silence) {
        var unused = context.schedule(
                () -> leave(silence), REST_SECONDS, TimeUnit.SECONDS, helper.getScheduledExecutorService());
    }

    private void dead(EndpointChild child, Silence silence) {
        try {
            if (child.isParked()) {
                connections.remove(child);
            } else {
                replacements.dead(child, silence);
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
        private Question.@Nullable End ofThis; // null until it has ended
        private Question.@Nullable End ofOther;
        private boolean otherIsConnected;

        Doubt(EndpointChild child, Silence silence, ManagedChannel other) {
            this.child = child;
            this.silence = silence;
            this.other = other;
        }

        void heardOfOther(Question.End end) {
            ofOther = end;
            otherIsConnected = other.getState(false) == ConnectivityState.READY;
            other.shutdownNow();
            others.remove(other);
            settle();
        }

        void heardOfThis(Question.End end) {
            ofThis = end;
            settle();
        }

        private void settle() {
            if (ofThis == null || ofOther == null) {
                return;
            }
            boolean stoodStill = System.nanoTime() - begun > 2 * interval.toNanos(); // we, and not the server
            if (ofThis != Question.End.SILENCE || !silence.isQuiet() || stoodStill) {
                leave(silence);
            } else if (ofOther == Question.End.ANSWERED || !otherIsConnected) {
                leave(silence);
                dead(child, silence);
            } else {
                leaveForAWhile(silence);
            }
        }
    }
}
