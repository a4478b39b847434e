package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Status;
import java.util.Collection;

/** Says that nothing could be connected to, and why one of them could not. */
final class FailurePicker extends SubchannelPicker {
    private final SubchannelPicker leafPicker;
    private final String what;
    private final PinnedCalls pinnedCalls;

    private FailurePicker(SubchannelPicker leafPicker, String what, PinnedCalls pinnedCalls) {
        this.leafPicker = leafPicker;
        this.what = what;
        this.pinnedCalls = pinnedCalls;
    }

    /** Returns the picker for endpoints that have all failed. */
    static SubchannelPicker of(String service, Collection<EndpointChild> failed, PinnedCalls pinnedCalls) {
        for (EndpointChild child : failed) {
            SubchannelPicker leafPicker = child.leafPicker();
            if (leafPicker != null) {
                return new FailurePicker(
                        leafPicker,
                        service + ": none of " + failed.size() + " endpoints can be connected to, among them "
                                + child.endpoint(),
                        pinnedCalls);
            }
        }
        return new FixedPicker(PickResult.withNoResult());
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
        String pinned = args.getCallOptions().getOption(EvenkeelGrpc.PIN_ENDPOINT);
        if (pinned != null) {
            return pinnedCalls.pick(pinned, args);
        }
        Status status = leafPicker.pickSubchannel(args).getStatus();
        return status.isOk()
                ? PickResult.withNoResult() // it is connecting again
                : PickResult.withError(Status.UNAVAILABLE
                        .withDescription(what + ": " + Reasons.of(status))
                        .withCause(status.getCause()));
    }

    @Override
    public String toString() {
        return "FailurePicker: " + what;
    }
}
