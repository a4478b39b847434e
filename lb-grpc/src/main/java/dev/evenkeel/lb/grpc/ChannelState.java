package dev.evenkeel.lb.grpc;

import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.LoadBalancer.SubchannelPicker;
import io.grpc.Status;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Which state a channel is in by the connections that it has, and who picks then. Used in the channel's context, except that pickers say on any
 * thread that they found nobody.
 */
final class ChannelState {
    private final LoadBalancer.Helper helper;
    private final Connections connections;
    private final FirstChoice firstChoice;

    private int ready; // how many connections of endpoints in the list are
    private int failed; // how many of those have failed since they were ready last
    private ConnectivityState published = ConnectivityState.IDLE;

    private volatile boolean starved; // set by pickers, cleared before they are asked again

    /**
     * Creates one.
     *
     * @param overdue is run when the channel has waited for a better endpoint for long enough, and is to publish
     */
    ChannelState(LoadBalancer.Helper helper, Connections connections, Runnable overdue) {
        this.helper = helper;
        this.connections = connections;
        this.firstChoice = new FirstChoice(helper, overdue);
    }

    /** Counts the connections of a new list. */
    void recount() {
        ready = 0;
        failed = 0;
        for (EndpointChild child : connections.listed()) {
            failed += child.hasFailed() ? 1 : 0;
            ready += child.isReady() ? 1 : 0;
        }
    }

    /** Counts what became of a connection. */
    void count(EndpointChild child, boolean wasReady, boolean hadFailed) {
        failed += (child.hasFailed() ? 1 : 0) - (hadFailed ? 1 : 0);
        ready += (child.isReady() ? 1 : 0) - (wasReady ? 1 : 0);
    }

    boolean hasReady() {
        return ready > 0;
    }

    /** Returns whether calls or the channel wait for somebody to pick, and a change of the candidates is to be published; on any thread. */
    boolean isAwaited() {
        return starved || firstChoice.isWaiting();
    }

    /** Returns whether one more that is ready is to be published. Where the channel waits for that, it hears of it by the candidates' change. */
    boolean isNewsThatOneIsReady() {
        return starved || (published != ConnectivityState.READY && !firstChoice.isWaiting());
    }

    /** Returns the same of another change. With many endpoints most change nothing for the channel, and are not to be looked into. */
    boolean isNews(EndpointChild child, boolean hadFailed) {
        return starved || (published != ConnectivityState.READY && (ready == 0 || child.hasFailed() != hadFailed));
    }

    /** Says what state the channel is in, and who picks; nothing before there are endpoints. */
    void publish(@Nullable ChannelView view) {
        Collection<EndpointChild> all = connections.listed();
        if (view != null && view.view().isClosed()) {
            publish(ConnectivityState.TRANSIENT_FAILURE, new FixedPicker(PickResult.withDrop(view.whyClosed())));
            return;
        }
        if (view == null || all.isEmpty()) {
            return;
        }
        if (ready > 0 && (published == ConnectivityState.READY || !firstChoice.awaitsBetter(view.view(), all))) {
            firstChoice.end();
            starved = false;
            publish(ConnectivityState.READY, new ViewPicker(view, connections, this::starve));
        } else if (failed == all.size()) {
            publish(
                    ConnectivityState.TRANSIENT_FAILURE,
                    FailurePicker.of(view.name(), all, new PinnedCalls(view, connections, this::starve)));
        } else if (published != ConnectivityState.CONNECTING) {
            publish(ConnectivityState.CONNECTING, new FixedPicker(PickResult.withNoResult()));
        }
    }

    private void starve() {
        starved = true;
    }

    /** Says that all calls fail with this, unless something is connected, which is better. */
    void publishFailure(Status status) {
        if (ready == 0) {
            publish(ConnectivityState.TRANSIENT_FAILURE, new FixedPicker(PickResult.withError(status)));
        }
    }

    private void publish(ConnectivityState state, SubchannelPicker picker) {
        published = state;
        helper.updateBalancingState(state, picker);
    }

    void end() {
        firstChoice.end();
    }
}
