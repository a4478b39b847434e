package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Watches one stream for the load balancer. The attempt begins when its headers are on the wire and not before, for gRPC does not say of
 * every stream that it was never used; and headers may be reported after the end, which is why there are three states.
 */
final class AttemptTracer extends ClientStreamTracer {
    private static final byte NEW = 0;
    private static final byte ON_WIRE = 1;
    private static final byte CLOSED = 2;
    private static final VarHandle STATE = state();

    private final AttemptTracerFactory of;
    private final RequestInfo request;
    private @Nullable CallMemory memory; // null where the call has none, and after the end
    private final @Nullable Deadline deadline;
    private @Nullable Attempt attempt; // written before the state becomes ON_WIRE
    private @Nullable Metadata trailers; // the transport's
    private @Nullable Transport transport; // the channel's, before the stream can end; null before there is a stream
    private boolean answered; // the transport's
    private boolean hopeless; // the memory's, of which it is a part
    private @Nullable AttemptTracer
            nextOpen; // of the calls that wait; written before it is one of them, and by their sweeper
    private volatile byte state; // written by STATE; a byte, for which there is room without a word more

    AttemptTracer(
            AttemptTracerFactory of, RequestInfo request, @Nullable CallMemory memory, @Nullable Deadline deadline) {
        this.of = of;
        this.request = request;
        this.memory = memory;
        this.deadline = deadline;
    }

    @Override
    public void streamCreated(Attributes attributes, Metadata headers) {
        try {
            Transport its = Transport.of(attributes);
            its.isUsedBy(of.silence().calls());
            transport = its;
        } catch (Throwable e) {
            of.fault("stream", e);
        }
    }

    @Override
    public void outboundHeaders() {
        try {
            if (state == NEW) {
                Attempt begun = request.destination().session() == null
                        ? of.pick().begin()
                        : of.pick().begin(request);
                attempt = begun;
                of.silence().waits(this);
                of.silence().sent();
                if (!STATE.compareAndSet(this, NEW, ON_WIRE)) { // the end came in between
                    of.silence().ended();
                    begun.complete(Outcome.CANCELLED);
                    attempt = null;
                }
            }
        } catch (Throwable e) {
            of.fault("headers", e);
        }
    }

    @Override
    public void inboundHeaders() {
        try {
            answered = true;
            of.silence().heard();
            Attempt begun = attempt;
            if (begun != null && of.shape().isStreaming()) {
                begun.answered(Outcome.SUCCESS);
            }
        } catch (Throwable e) {
            of.fault("answer", e);
        }
    }

    @Override
    public void inboundMessage(int number) {
        of.silence().heard();
    }

    /** A message that takes long is heard of while it comes. */
    @Override
    public void inboundWireSize(long bytes) {
        of.silence().heard();
    }

    @Override
    public void inboundTrailers(Metadata received) {
        trailers = received;
        of.silence().heard();
    }

    @Override
    public void streamClosed(Status status) {
        try {
            byte before = (byte) STATE.getAndSet(this, CLOSED);
            if (before == ON_WIRE) {
                of.silence().ended();
            }
            if (before != CLOSED) {
                end(before == ON_WIRE ? attempt : null, status);
                forget();
            }
        } catch (Throwable e) {
            of.fault("end", e);
        }
    }

    /** A stream's deadline, if it has one, is that of a session rather than of an answer. */
    boolean mayWaitForEver() {
        return deadline == null || of.shape().isStreaming();
    }

    boolean hasEnded() {
        return state == CLOSED;
    }

    /**
     * Learns that a connection has ended. The attempt is in flight no longer if it is over that. Its stream may still end, if the application has not read
     * yet all that came; as a rule it has ended before.
     */
    void endWith(Transport ended) {
        Attempt begun = attempt;
        if (transport == ended && begun != null) {
            begun.complete(Outcome.CANCELLED);
        }
    }

    /** Returns whether nothing is expected of it any more; asked and set under the memory's lock. */
    boolean isHopeless() {
        return hopeless;
    }

    void setHopeless() {
        hopeless = true;
    }

    /** Returns what is heard over its connection. */
    Silence connection() {
        return of.silence();
    }

    @Nullable
    AttemptTracer nextOpen() {
        return nextOpen;
    }

    void setNextOpen(@Nullable AttemptTracer next) {
        nextOpen = next;
    }

    /** Lets go of what may be large: this stays linked for a while after the end. */
    private void forget() {
        memory = null;
        attempt = null;
        trailers = null;
    }

    /** Ends the whole call with a status, as soon as nothing else is under way for it, if the channel has the interceptor. */
    void giveUp(Status status) {
        try {
            CallMemory its = memory;
            if (its != null) {
                its.giveUp(this, status);
            }
        } catch (Throwable e) {
            of.fault("end for want of an answer", e);
        }
    }

    private void end(@Nullable Attempt begun, Status closed) {
        if (memory != null) {
            memory.closed(this, begun != null);
        }
        if (begun == null) {
            if (memory != null && transport == null && !closed.isOk()) {
                memory.refused(closed);
            }
            of.neverSent(memory);
            return;
        }
        boolean givenUp = memory != null && memory.isGivenUp();
        Status status = memory == null ? closed : memory.cause(closed);
        boolean expired = deadline != null && deadline.isExpired();
        Outcome outcome =
                of.view().outcome(status, trailers, expired, of.silence().isEnding());
        begun.complete(outcome);
        if (outcome.kind() == Outcome.Kind.TIMED_OUT && trailers == null && !answered) {
            of.silence().timedOut();
        }
        if (memory != null && !status.isOk() && !answered && !givenUp) {
            of.view().failed(memory, new CallMemory.Failure(of.pick(), request, status, outcome, trailers, deadline));
        }
    }

    private static VarHandle state() {
        try {
            return MethodHandles.lookup().findVarHandle(AttemptTracer.class, "state", byte.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
