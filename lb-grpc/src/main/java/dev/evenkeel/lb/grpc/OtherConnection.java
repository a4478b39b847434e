package dev.evenkeel.lb.grpc;

import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A second connection to an endpoint, made to see whether it can be. Used in the channel's context. */
final class OtherConnection {
    private final Subchannel subchannel;
    private final ScheduledHandle patience;
    private @Nullable Consumer<Boolean> told; // null when it was

    /**
     * Begins to connect.
     *
     * @param told is told once whether it is connected, in the channel's context
     */
    OtherConnection(
            LoadBalancer.Helper channel, EquivalentAddressGroup address, Duration patience, Consumer<Boolean> told) {
        this.told = told;
        this.subchannel = channel.createSubchannel(LoadBalancer.CreateSubchannelArgs.newBuilder()
                .setAddresses(address)
                .build());
        this.patience = channel.getSynchronizationContext()
                .schedule(
                        () -> tell(false),
                        patience.toNanos(),
                        TimeUnit.NANOSECONDS,
                        channel.getScheduledExecutorService());
        subchannel.start(this::became);
        subchannel.requestConnection();
    }

    private void became(ConnectivityStateInfo state) {
        if (state.getState() == ConnectivityState.READY) {
            tell(true);
        } else if (state.getState() == ConnectivityState.TRANSIENT_FAILURE) {
            tell(false);
        }
    }

    private void tell(boolean connected) {
        Consumer<Boolean> waiting = told;
        told = null;
        if (waiting != null) {
            patience.cancel();
            waiting.accept(connected);
        }
    }

    Channel channel() {
        return subchannel.asChannel();
    }

    void close() {
        told = null;
        patience.cancel();
        subchannel.shutdown();
    }
}
