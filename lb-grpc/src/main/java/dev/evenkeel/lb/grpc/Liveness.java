package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.text.OneLine;
import io.grpc.LoadBalancer;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds dead connections: where calls wait and nothing came since the last look, or some ran into their deadlines without a word, an {@link
 * Inquiry} is begun. Used in the channel's context.
 */
final class Liveness {
    /** Between looks, and how long an answer may take. Guessed: longer than nearly all pauses of a server. */
    static final Duration INTERVAL = Duration.ofSeconds(4);

    static final Duration SHORTEST = Duration.ofMillis(100);
    static final Duration LONGEST = Duration.ofHours(1);

    /** How long an answer may take where calls ran into their deadlines already. Guessed: longer than most pauses of a server. */
    private static final Duration SUSPECTED_PATIENCE = Duration.ofSeconds(1);

    /** A server that is only busy is not to have new connections made to it all the time: so many intervals between them. Guessed. */
    private static final int REST = 8;

    private final LoadBalancer.Helper helper;
    private final SynchronizationContext context;
    private final Duration interval;
    private final Connections connections;
    private final Replacements replacements;
    private final ConnectQueue queue;
    private final BiConsumer<String, Runnable> execute;
    private final Map<Silence, Inquiry> inquiries = new HashMap<>(); // also those whose server was busy a while ago
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
            ConnectQueue queue,
            BiConsumer<String, Runnable> execute) {
        this.helper = helper;
        this.context = helper.getSynchronizationContext();
        this.interval = interval;
        this.connections = connections;
        this.replacements = replacements;
        this.queue = queue;
        this.execute = execute;
    }

    /** Returns how often connections are looked at, by what a channel was told; 0 for never. */
    static Duration interval(LoadBalancer.Helper helper) {
        Duration said = ChannelArguments.get(helper, EvenkeelGrpc.LIVENESS_INTERVAL);
        return said == null || !isAllowed(said) ? INTERVAL : said; // our resolver has refused it already
    }

    static boolean isAllowed(Duration interval) {
        return interval.isZero() || (interval.compareTo(SHORTEST) >= 0 && interval.compareTo(LONGEST) <= 0);
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
        List.copyOf(inquiries.values()).forEach(Inquiry::end);
        inquiries.clear();
    }

    private void look() {
        if (next == null) {
            return;
        }
        begin(); // before anything may go wrong
        for (EndpointChild child : connections.all()) {
            Silence silence = child.silence();
            if (!inquiries.containsKey(silence) && silence.look() && child.isWaitedFor()) {
                inquire(child, silence, interval);
            }
        }
    }

    /** Learns that calls ran into their deadlines without a word. */
    void suspected(EndpointChild child, Silence silence) {
        if (next != null && child.silence() == silence && silence.over() != null && !inquiries.containsKey(silence)) {
            silence.look(); // from now on it counts what is heard
            inquire(child, silence, interval.compareTo(SUSPECTED_PATIENCE) < 0 ? interval : SUSPECTED_PATIENCE);
        }
    }

    private void inquire(EndpointChild child, Silence silence, Duration patience) {
        Inquiry inquiry = new Inquiry(
                helper, child, silence, patience, interval, queue, execute, verdict -> act(child, silence, verdict));
        inquiries.put(silence, inquiry);
        try {
            inquiry.begin();
        } catch (Throwable e) {
            leave(silence);
            throw e;
        }
    }

    private void act(EndpointChild child, Silence silence, Inquiry.Verdict verdict) {
        switch (verdict) {
            case ALIVE -> leave(silence);
            case BUSY -> {
                var unused = context.schedule(
                        () -> leave(silence),
                        REST * interval.toNanos(),
                        TimeUnit.NANOSECONDS,
                        helper.getScheduledExecutorService());
            }
            case DEAD -> {
                leave(silence);
                dead(child, silence);
            }
        }
    }

    /** It may be inquired into again. */
    private void leave(Silence silence) {
        inquiries.remove(silence);
        silence.excuse();
    }

    private void dead(EndpointChild child, Silence silence) {
        Status why = Status.UNAVAILABLE.withDescription(
                helper.getAuthority()
                        + ": nothing comes over the connection to "
                        + OneLine.of(child.endpoint().id())
                        + " any more, not even an answer to a question: its machine is gone, or something between forgot the connection");
        try {
            if (child.isParked()) {
                connections.remove(child);
            } else {
                replacements.dead(child, silence);
            }
        } finally {
            if (child.isConnectedOver(silence)) { // it was replaced a moment ago, and is left alone for now
                silence.giveUp(why);
            } else {
                silence.giveUpForGood(why);
            }
        }
    }
}
