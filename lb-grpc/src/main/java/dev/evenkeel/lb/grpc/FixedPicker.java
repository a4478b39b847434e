package dev.evenkeel.lb.grpc;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import io.grpc.LoadBalancer.SubchannelPicker;

/** Always says the same. */
final class FixedPicker extends SubchannelPicker {
    private final PickResult result;

    FixedPicker(PickResult result) {
        this.result = result;
    }

    @Override
    public PickResult pickSubchannel(PickSubchannelArgs args) {
        return result;
    }

    @Override
    public String toString() {
        return "FixedPicker of " + result;
    }
}
