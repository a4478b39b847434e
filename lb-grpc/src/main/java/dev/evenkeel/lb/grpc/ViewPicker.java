package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.policy.PickContext;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Has the load balancer pick, among the endpoints that this channel is connected to. It holds no state: what may be picked is always the
 * view's latest, so it need not be replaced when endpoints come and go.
 */
final class ViewPicker extends SubchannelPicker {
    /** An endpoint may lose its connection between the load balancer's choice and ours. */
    private static final int CHOICES = 3;

    /** Once more after gRPC was told to ask again, so that no change is missed, and once more for who came between that and our look. */
    private static final int TRIES = 3;

    private final ChannelView view;
    private final Connections connections;
    private final Runnable starved;
    private final PinnedCalls pinnedCalls;

    /**
     * Creates a picker.
     *
     * @param starved is run before a call is told to wait: when there is somebody else to pick, gRPC must be told to pick again
     */
    ViewPicker(ChannelView view, Connections connections, Runnable starved) {
        this.view = view;
        this.connections = connections;
        this.starved = starved;
        this.pinnedCalls = new PinnedCalls(view, connections, starved);
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
        try {
            return pick(args);
        } catch (Throwable e) {
            view.faults().log(view.name() + ": an endpoint could not be picked", e);
            return PickResult.withError(Status.UNAVAILABLE
                    .withDescription(view.name() + ": an endpoint could not be picked: " + e)
                    .withCause(e));
        }
    }

    private PickResult pick(PickSubchannelArgs args) {
        String pinned = args.getCallOptions().getOption(EvenkeelGrpc.PIN_ENDPOINT);
        if (pinned != null) {
            return pinnedCalls.pick(pinned, args);
        }
        CallMemory own = args.getCallOptions().getOption(CallMemory.KEY);
        CallMemory left = own == null ? view.takeOver(args.getHeaders()) : null;
        CallMemory memory = own == null ? left : own;
        if (memory != null) {
            PickResult veto = veto(memory, args);
            return veto == null ? choose(args, placed(args, memory), memory, left) : veto;
        }
        return choose(args, placed(args, CallShape.of(args.getMethodDescriptor())), null, null);
    }

    private @Nullable PickResult veto(CallMemory memory, PickSubchannelArgs args) {
        int number = CallMemory.number(args.getHeaders());
        PickResult veto = memory.veto(number, view.view());
        if (veto == null || veto.hasResult()) {
            return veto;
        }
        starved.run();
        return memory.veto(number, view.view()); // the other attempt may have ended in between
    }

    private static PickContext placed(PickSubchannelArgs args, PickContext call) {
        return PlacedCall.of(call, args.getCallOptions(), args.getHeaders());
    }

    /**
     * Chooses. These are arguments and no object, which would be one for each pick.
     *
     * @param context the call, as far as the core must know it
     * @param memory the call's memory; null if it has none
     * @param handedOver the same, if it is not in the call's options
     */
    private PickResult choose(
            PickSubchannelArgs args,
            PickContext context,
            @Nullable CallMemory memory,
            @Nullable CallMemory handedOver) {
        for (int tried = 1; ; tried++) {
            try {
                PickResult chosen = tryToChoose(args, context, memory, handedOver);
                if (chosen != null) {
                    return chosen;
                }
                if (tried > 1) {
                    return PickResult.withNoResult();
                }
            } catch (NoEndpointException e) {
                if (tried == TRIES) {
                    return nobody(e);
                }
            }
            if (tried == 1) {
                starved.run();
            }
        }
    }

    private PickResult nobody(NoEndpointException e) {
        boolean hasCandidates = view.view().hasCandidates();
        if (!hasCandidates && !view.view().isClosed() && isSomebodyComing()) {
            return PickResult.withNoResult();
        }
        Status status = Status.UNAVAILABLE.withDescription(e.getMessage());
        // A limit or an open breaker is meant to fail calls; where nobody is left, a call may wait for somebody.
        return hasCandidates ? PickResult.withDrop(status) : PickResult.withError(status);
    }

    /**
     * Returns whether there is an endpoint that lacks nothing but a connection, and that is being made, or the channel has yet to be told of it. gRPC
     * takes up pickers and lists a little later than they are made, and meanwhile this one is asked.
     */
    private boolean isSomebodyComing() {
        for (EndpointStatus status : view.view().endpoints()) {
            EndpointChild child = connections.find(status.endpoint().id());
            boolean failed = child != null && child.hasFailed();
            if (!failed && status.availability().without(OutReason.NOT_READY).isAvailable()) {
                return true;
            }
        }
        return false;
    }

    /** Returns null if all that was chosen had just lost its connection; the view learns of that in a moment. */
    private @Nullable PickResult tryToChoose(
            PickSubchannelArgs args,
            PickContext context,
            @Nullable CallMemory memory,
            @Nullable CallMemory handedOver) {
        for (int i = 0; i < CHOICES; i++) {
            Pick pick = view.view().pick(context);
            PickResult result = result(pick, args, handedOver);
            if (result != null) {
                if (memory != null) {
                    memory.went(pick);
                }
                return result;
            }
        }
        return null;
    }

    /** The connection hangs on the pick, unless it is the first one, or another since. */
    private @Nullable PickResult result(Pick pick, PickSubchannelArgs args, @Nullable CallMemory handedOver) {
        if (pick.attachment() instanceof EndpointChild known) {
            PickResult result = known.result(args, view, pick, handedOver);
            if (result != null) {
                return result;
            }
        }
        EndpointChild child = connections.find(pick.endpoint().id());
        pick.attach(child);
        return child == null ? null : child.result(args, view, pick, handedOver);
    }

    /** Returns whose picker this is, and not what it picks from, which may be long. */
    @Override
    public String toString() {
        return "ViewPicker of " + view.name();
    }
}
