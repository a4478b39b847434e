package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * Makes the tracers of attempts at one endpoint. Kept with the endpoint for ordinary picks, so that they cost nothing.
 *
 * @param view whose attempts they are
 * @param pick what each of them begins
 * @param shape of the calls
 * @param silence the connection's
 */
record AttemptTracerFactory(ChannelView view, Pick pick, CallShape shape, Silence silence) {
    private static final ClientStreamTracer BLIND = new ClientStreamTracer() {};

    /** Returns this as gRPC wants it. */
    ClientStreamTracer.Factory forGrpc() {
        return new ForGrpc(this);
    }

    private ClientStreamTracer newTracer(CallOptions options, Metadata headers) {
        CallMemory memory = options.getOption(CallMemory.KEY);
        RequestInfo request = memory == null ? shape.request(options) : memory.request();
        if (memory != null) {
            memory.opened();
        }
        return new AttemptTracer(this, PlacedCall.request(request, options, headers), memory, deadline(options));
    }

    /** The deadline that gRPC keeps is the earlier of the two. */
    private static @Nullable Deadline deadline(CallOptions options) {
        Deadline ofCall = options.getDeadline();
        Deadline ofContext = Context.current().getDeadline();
        if (ofCall == null || ofContext == null) {
            return ofCall == null ? ofContext : ofCall;
        }
        return ofCall.minimum(ofContext);
    }

    /** Ends a pick whose stream ended before it was sent. */
    void neverSent(@Nullable CallMemory memory) {
        leave(pick);
        if (memory != null) {
            view.releaseHedge(memory);
        }
    }

    /**
     * Ends a pick of an endpoint that turned out to have no connection. gRPC may drop other results as well, of connections that it has just lost, and
     * says nothing; what such a pick was to try is tried by another in 30 s.
     */
    static void leaveIfUnused(Pick pick, @Nullable PickResult result) {
        if (pick.isTrial() && (result == null || result.getSubchannel() == null)) {
            leave(pick);
        }
    }

    /** Whoever was to try something leaves that to another. */
    private static void leave(Pick pick) {
        if (pick.isTrial()) {
            pick.begin().complete(Outcome.CANCELLED);
        }
    }

    void fault(String where, Throwable e) {
        view.faults().log(view.name() + ": a call's " + where + " could not be accounted for", e);
    }

    private static final class ForGrpc extends ClientStreamTracer.Factory {
        private final AttemptTracerFactory of;

        ForGrpc(AttemptTracerFactory of) {
            this.of = of;
        }

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            try {
                return of.newTracer(info.getCallOptions(), headers);
            } catch (Throwable e) {
                of.fault("beginning", e);
                return BLIND;
            }
        }
    }
}
