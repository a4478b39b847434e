package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.endpoint.Availability;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.text.OneLine;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Sends calls to the endpoint that they are pinned to, or says why they cannot go there. Safe for use by many threads. */
final class PinnedCalls {
    private final ChannelView view;
    private final Connections connections;
    private final Runnable starved;

    /**
     * Creates one.
     *
     * @param starved is run before a call is told to wait, so that it is picked for again when something has changed
     */
    PinnedCalls(ChannelView view, Connections connections, Runnable starved) {
        this.view = view;
        this.connections = connections;
        this.starved = starved;
    }

    /** Returns what a pick for a call that is pinned to an endpoint comes to. */
    PickResult pick(String id, PickSubchannelArgs args) {
        CallMemory own = args.getCallOptions().getOption(CallMemory.KEY);
        int number = own == null ? 0 : own.number(args.getHeaders());
        if (own != null && (number > 0 || own.isOvertaken(number))) {
            Status failure = own.failure();
            if (failure != null) {
                return PickResult.withDrop(failure);
            }
            if (!own.isUntouched()) {
                return held(own);
            }
        }
        try {
            PickResult picked = tryToPick(id, args, own);
            if (picked == null) {
                starved.run();
                picked = tryToPick(id, args, own); // once more, so that a change which comes just now is not missed
            }
            if (picked == null) {
                return whyNot(id, args);
            }
            if (own != null && number > 0) {
                own.allow(number);
            }
            return picked;
        } catch (NoEndpointException e) {
            return PickResult.withDrop(Status.UNAVAILABLE.withDescription(e.getMessage()));
        }
    }

    /** A hedge waits for what becomes of the first attempt, for an error might end the call. */
    private PickResult held(CallMemory memory) {
        PickResult held = memory.hold();
        starved.run();
        Status ended = memory.failure(); // in between
        return ended == null ? held : PickResult.withDrop(ended);
    }

    private @Nullable PickResult tryToPick(String id, PickSubchannelArgs args, @Nullable CallMemory memory) {
        EndpointChild child = connections.find(id);
        Pick pick = child == null ? null : view.view().pinned(id);
        PickResult result = child == null || pick == null ? null : child.result(args, view, pick);
        if (pick != null) {
            AttemptTracerFactory.leaveIfUnused(pick, result);
        }
        if (result != null && pick != null && memory != null) {
            memory.went(pick);
        }
        return result;
    }

    /** A call waits for a connection that is being made, or about to be, like any other; else only if it waits for ready. */
    private PickResult whyNot(String id, PickSubchannelArgs args) {
        if (view.view().isClosed()) {
            return PickResult.withDrop(view.whyClosed());
        }
        Availability availability = view.view().availability(id);
        if (availability == null) {
            return failure(id, "is not in the list of endpoints");
        }
        if (availability.has(OutReason.UNUSED)) {
            return failure(id, "is none of those that this client uses of a long list");
        }
        EndpointChild child = connections.find(id);
        SubchannelPicker failed = child != null && child.hasFailed() ? child.leafPicker() : null;
        Status status = failed == null ? Status.OK : failed.pickSubchannel(args).getStatus();
        return status.isOk() ? PickResult.withNoResult() : failure(id, "cannot be connected to: " + Reasons.of(status));
    }

    private PickResult failure(String id, String why) {
        return PickResult.withError(Status.UNAVAILABLE.withDescription(
                OneLine.of(view.name() + ": the call is pinned to endpoint '" + id + "', which " + why)));
    }
}
