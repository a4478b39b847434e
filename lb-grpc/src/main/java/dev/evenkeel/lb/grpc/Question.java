package dev.evenkeel.lb.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks a server over one connection something that any server answers, be it that it does not know the question: {@code
 * grpc.health.v1.Health/Check}. What it answers does not matter. Not a ping, which servers take for an attack if it comes too often.
 */
final class Question extends ClientCall.Listener<Long> {
    private final ClientCall<String, Long> call;
    private final Consumer<End> told;
    private final long begunNanos = System.nanoTime();
    private final long patienceNanos;
    private volatile boolean sent;
    private volatile boolean answered;

    /** How it ends. */
    enum End {
        /** It waited for a stream to be free or for the socket, or we stood still ourselves. */
        NOTHING_KNOWN,
        /** It was sent, and nothing came in time. */
        SILENCE,
        ANSWERED
    }

    private Question(Channel over, Duration patience, Consumer<End> told) {
        this.told = told;
        this.patienceNanos = patience.toNanos();
        this.call = over.newCall(
                HealthMessages.CHECK,
                CallOptions.DEFAULT
                        .withDeadlineAfter(patienceNanos, TimeUnit.NANOSECONDS)
                        .withStreamTracerFactory(new Listening()));
    }

    /**
     * Asks. A caller's deadline, which may be on this thread, has nothing to do with it.
     *
     * @param told is told once how it ended, on a thread of gRPC's
     */
    static Question ask(Channel over, Duration patience, Consumer<End> told) {
        Context callers = Context.ROOT.attach();
        try {
            Question question = new Question(over, patience, told);
            question.send();
            return question;
        } finally {
            Context.ROOT.detach(callers);
        }
    }

    private void send() {
        call.start(this, new Metadata());
        call.request(2); // a second message would be an error
        call.sendMessage("");
        call.halfClose();
    }

    /** Ends it, as nothing known. */
    void withdraw() {
        call.cancel("no longer of interest", null);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        told.accept(end(status));
    }

    private End end(Status status) {
        if (answered) {
            return End.ANSWERED;
        }
        if (!sent || System.nanoTime() - begunNanos > 2 * patienceNanos) {
            return End.NOTHING_KNOWN;
        }
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> End.SILENCE;
            case CANCELLED -> End.NOTHING_KNOWN;
            default -> End.ANSWERED; // a stream that is reset, or words that are not gRPC's
        };
    }

    /** Tells what came from what did not. */
    private final class Listening extends ClientStreamTracer.Factory {
        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void outboundHeaders() {
                    sent = true;
                }

                @Override
                public void inboundHeaders() {
                    answered = true;
                }

                @Override
                public void inboundTrailers(Metadata trailers) {
                    answered = true;
                }
            };
        }
    }
}
