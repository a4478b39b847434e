package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.Pick;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.text.OneLine;
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
                    .withDescription(OneLine.of(view.name() + ": an endpoint could not be picked: " + e))
                    .withCause(e));
        }
    }

    private PickResult pick(PickSubchannelArgs args) {
        String pinned = args.getCallOptions().getOption(EvenkeelGrpc.PIN_ENDPOINT);
        if (pinned != null) {
            return pinnedCalls.pick(pinned, args);
        }
        CallMemory memory = args.getCallOptions().getOption(CallMemory.KEY);
        if (memory != null) {
            PickResult veto = veto(memory, args);
            return veto == null ? choose(args, placed(args, memory), memory) : veto;
        }
        return choose(args, placed(args, CallShape.of(args.getMethodDescriptor())), null);
    }

    private @Nullable PickResult veto(CallMemory memory, PickSubchannelArgs args) {
        int number = memory.number(args.getHeaders());
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
     */
    private PickResult choose(PickSubchannelArgs args, PickContext context, @Nullable CallMemory memory) {
        try {
            PickResult chosen = tryToChoose(args, context, memory);
            if (chosen != null) {
                return chosen;
            }
        } catch (NoEndpointException e) {
            if (e.reason() != NoEndpointException.Reason.NOBODY) {
                return refusal(e);
            }
        }
        starved.run();
        int version = view.view().version();
        try { // once more, so that no change is missed
            PickResult chosen = tryToChoose(args, context, memory);
            return chosen == null ? PickResult.withNoResult() : chosen;
        } catch (NoEndpointException e) {
            return nobody(args, context, version, e);
        }
    }

    /**
     * A call that finds nobody fails only if nobody is coming, and nobody has come since. gRPC takes up pickers and lists a little later than they are
     * made, and meanwhile this one is asked. Those that wait for ready need no look: they are asked for again after any change.
     */
    private PickResult nobody(PickSubchannelArgs args, PickContext context, int version, NoEndpointException e) {
        boolean waits = e.reason() == NoEndpointException.Reason.NOBODY
                && !args.getCallOptions().isWaitForReady()
                && (view.isClosed()
                        || view.view().isWorthWaiting(context, this::mayConnect)
                        || view.view().version() != version);
        return waits ? PickResult.withNoResult() : refusal(e);
    }

    private boolean mayConnect(Endpoint endpoint) {
        EndpointChild child = connections.find(endpoint.id());
        return child == null || !child.hasFailed();
    }

    /** A call that waits for ready waits only for what may come, and not for a limit or an open breaker: those are meant to fail calls. */
    private static PickResult refusal(NoEndpointException e) {
        Status status = Status.UNAVAILABLE.withDescription(e.getMessage());
        return e.reason() == NoEndpointException.Reason.NOBODY
                ? PickResult.withError(status)
                : PickResult.withDrop(status);
    }

    /** Returns null if all that was chosen had just lost its connection; the view learns of that in a moment. */
    private @Nullable PickResult tryToChoose(
            PickSubchannelArgs args, PickContext context, @Nullable CallMemory memory) {
        for (int i = 0; i < CHOICES; i++) {
            Pick pick = view.view().pick(context);
            PickResult result = null;
            try {
                result = result(pick, args);
            } finally {
                AttemptTracerFactory.leaveIfUnused(pick, result);
            }
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
    private @Nullable PickResult result(Pick pick, PickSubchannelArgs args) {
        if (pick.attachment() instanceof EndpointChild known) {
            PickResult result = known.result(args, view, pick);
            if (result != null) {
                return result;
            }
        }
        EndpointChild child = connections.find(pick.endpoint().id());
        pick.attach(child);
        return child == null ? null : child.result(args, view, pick);
    }

    /** Returns whose picker this is, and not what it picks from, which may be long. */
    @Override
    public String toString() {
        return "ViewPicker of " + view.name();
    }
}
