package dev.evenkeel.lb.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
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
    private final Consumer<End> told;
    private volatile End end = End.NOT_SENT;

    /** How it ends. */
    enum End {
        /** It waited for a connection, or for one of its streams to end, or it was not the server that said something. */
        NOT_SENT,
        /** Nothing came in time. */
        SILENCE,
        ANSWERED
    }

    private Question(Consumer<End> told) {
        this.told = told;
    }

    /**
     * Asks.
     *
     * @param told is told once how it ended, on a thread of gRPC's
     */
    static void ask(Channel over, Duration patience, Consumer<End> told) {
        Question question = new Question(told);
        ClientCall<String, Long> call = over.newCall(
                HealthMessages.CHECK,
                CallOptions.DEFAULT
                        .withDeadlineAfter(patience.toNanos(), TimeUnit.NANOSECONDS)
                        .withStreamTracerFactory(question.new Listening()));
        call.start(question, new Metadata());
        call.request(2); // a second message would be an error
        call.sendMessage("");
        call.halfClose();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        told.accept(end);
    }

    /** Tells what the server said from what gRPC says in its place. */
    private final class Listening extends ClientStreamTracer.Factory {
        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void outboundHeaders() {
                    end = end == End.ANSWERED ? End.ANSWERED : End.SILENCE; // the transport may tell of it late
                }

                @Override
                public void inboundHeaders() {
                    end = End.ANSWERED;
                }

                @Override
                public void inboundTrailers(Metadata trailers) {
                    end = End.ANSWERED;
                }
            };
        }
    }
}
