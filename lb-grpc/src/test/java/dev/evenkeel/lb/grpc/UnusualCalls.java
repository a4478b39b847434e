package dev.evenkeel.lb.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** One caller, whose calls are cancelled, too late, not read, rejected by an executor or harmed by their own listeners, at random. */
final class UnusualCalls implements Runnable {
    /** Begins the text of a call that must not be executed twice. */
    static final String ONCE = "once-";

    private static final List<MethodDescriptor<String, String>> METHODS =
            List.of(Echo.GET, Echo.POST, Echo.WATCH, Echo.CHAT);
    private static final Metadata.Key<String> FOREIGN =
            Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);
    private static final Executor FULL = task -> {
        throw new RejectedExecutionException("full");
    };
    private static final AtomicLong NUMBER = new AtomicLong();
    private static final int LONGEST_MILLIS = 200;

    private final Supplier<ManagedChannel> channels;
    private final Random random;
    private final ScheduledExecutorService timer;
    private final boolean rejects;
    private final Queue<String> wrong;

    /**
     * Creates one.
     *
     * @param rejects whether some calls have an executor that takes nothing
     * @param wrong gets what should not be
     */
    UnusualCalls(
            Supplier<ManagedChannel> channels,
            Random random,
            ScheduledExecutorService timer,
            boolean rejects,
            Queue<String> wrong) {
        this.channels = channels;
        this.random = random;
        this.timer = timer;
        this.rejects = rejects;
        this.wrong = wrong;
    }

    /** Makes a call, and does not wait for it. */
    @Override
    public void run() {
        MethodDescriptor<String, String> method = METHODS.get(random.nextInt(METHODS.size()));
        String request = (method.isIdempotent() ? "again-" : ONCE) + NUMBER.incrementAndGet();
        Metadata headers = new Metadata();
        if (random.nextInt(4) == 0) {
            headers.put(FOREIGN, random.nextBoolean() ? "1" : "abc");
        }
        ClientCall<String, String> call = channels.get().newCall(method, options());
        try {
            call.start(new Listener(request, random.nextInt(50)), headers);
            call.request(random.nextInt(10) == 0 ? 0 : 2);
            call.sendMessage(request);
            if (random.nextInt(10) != 0) {
                call.halfClose();
            }
        } catch (RejectedExecutionException | IllegalStateException e) {
            // It is told what its executor does, or that it has been cancelled.
        }
        var unused = timer.schedule(
                () -> call.cancel("enough", null), 1 + random.nextInt(LONGEST_MILLIS), TimeUnit.MILLISECONDS);
    }

    private CallOptions options() {
        CallOptions options = CallOptions.DEFAULT;
        if (random.nextBoolean()) {
            options = options.withDeadlineAfter(1 + random.nextInt(LONGEST_MILLIS), TimeUnit.MILLISECONDS);
        }
        if (random.nextInt(4) == 0) {
            options = options.withWaitForReady();
        }
        return rejects && random.nextInt(100) == 0 ? options.withExecutor(FULL) : options;
    }

    private final class Listener extends ClientCall.Listener<String> {
        private final String request;
        private final int harm;

        Listener(String request, int harm) {
            this.request = request;
            this.harm = harm;
        }

        @Override
        public void onHeaders(Metadata headers) {
            throwIf(harm == 0);
        }

        @Override
        public void onMessage(String message) {
            if (!message.startsWith(request + "@")) {
                wrong.add(request + " was answered " + message);
            }
            throwIf(harm == 1);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (status.getCode() == Status.Code.UNIMPLEMENTED) {
                wrong.add(request + " ended as " + status);
            }
        }

        private static void throwIf(boolean now) {
            if (now) {
                throw new IllegalStateException("in a listener");
            }
        }
    }
}
