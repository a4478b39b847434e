package dev.evenkeel.lb.grpc;

import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A second connection to an endpoint, made to see whether it can be. Used in the channel's context. */
final class OtherConnection implements ConnectQueue.Making {
    private final LoadBalancer.Helper channel;
    private final EquivalentAddressGroup address;
    private final Duration patience;
    private final ConnectQueue queue;
    private @Nullable Subchannel subchannel; // null before it is begun
    private @Nullable ScheduledHandle timer; // as well
    private @Nullable Consumer<Boolean> told; // null when it was

    /**
     * Makes one that is to be begun.
     *
     * @param queue says when it may be; its time begins then
     * @param told is told once whether it is connected, in the channel's context
     */
    OtherConnection(
            LoadBalancer.Helper channel,
            EquivalentAddressGroup address,
            Duration patience,
            ConnectQueue queue,
            Consumer<Boolean> told) {
        this.channel = channel;
        this.address = address;
        this.patience = patience;
        this.queue = queue;
        this.told = told;
    }

    /** Begins to connect. */
    @Override
    public void begin() {
        Subchannel made = channel.createSubchannel(LoadBalancer.CreateSubchannelArgs.newBuilder()
                .setAddresses(address)
                .build());
        subchannel = made;
        timer = channel.getSynchronizationContext()
                .schedule(
                        () -> tell(false),
                        patience.toNanos(),
                        TimeUnit.NANOSECONDS,
                        channel.getScheduledExecutorService());
        made.start(this::became);
        made.requestConnection();
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
            leave();
            waiting.accept(connected);
        }
    }

    private void leave() {
        if (timer != null) {
            timer.cancel();
        }
        queue.leave(this);
    }

    Channel channel() {
        return Objects.requireNonNull(subchannel, "it has not been begun").asChannel();
    }

    void close() {
        told = null;
        leave();
        if (subchannel != null) {
            subchannel.shutdown();
        }
    }
}
