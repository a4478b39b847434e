package dev.evenkeel.lb.grpc;

import dev.evenkeel.lb.LoadBalancerView;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.observe.EndpointStatus;
import io.grpc.LoadBalancer;
import io.grpc.SynchronizationContext.ScheduledHandle;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a channel that is not ready yet should wait for a better endpoint than it is connected to. The connection that is made first may
 * be to one that is ejected, and all calls that wait would go there. Used in the channel's context, except for {@link #isWaiting}.
 */
final class FirstChoice {
    /** Nobody may answer the others, and what is out may still answer some. Guessed: longer than connecting takes. */
    private static final long PATIENCE_SECONDS = 1;

    private final LoadBalancer.Helper helper;
    private final Runnable over;
    private @Nullable ScheduledHandle patience; // null before it waits
    private boolean waitedEnough;
    private volatile boolean waiting;

    /**
     * Creates one.
     *
     * @param over is run when the channel has waited for long enough
     */
    FirstChoice(LoadBalancer.Helper helper, Runnable over) {
        this.helper = helper;
        this.over = over;
    }

    /** Returns whether the channel is to wait; to be asked again after each change until {@link #end}. */
    boolean awaitsBetter(LoadBalancerView view, Collection<EndpointChild> connections) {
        waiting = true; // before we look, so that no change after that is missed
        if (waitedEnough || view.hasAvailable() || !isBetterComing(view, connections)) {
            return false;
        }
        if (patience == null) {
            patience = helper.getSynchronizationContext()
                    .schedule(this::stop, PATIENCE_SECONDS, TimeUnit.SECONDS, helper.getScheduledExecutorService());
        }
        return true;
    }

    private void stop() {
        waitedEnough = true;
        over.run();
    }

    private static boolean isBetterComing(LoadBalancerView view, Collection<EndpointChild> connections) {
        Set<String> better = view.endpoints().stream()
                .filter(FirstChoice::isWellButForItsConnection)
                .map(status -> status.endpoint().id())
                .collect(Collectors.toSet());
        return connections.stream()
                .anyMatch(child -> !child.isReady()
                        && !child.hasFailed()
                        && better.contains(child.endpoint().id()));
    }

    private static boolean isWellButForItsConnection(EndpointStatus status) {
        return status.availability().without(OutReason.NOT_READY).isAvailable();
    }

    /** Returns whether the channel waits; on any thread. */
    boolean isWaiting() {
        return waiting;
    }

    /** Learns that the channel does not wait any more. */
    void end() {
        waiting = false;
        waitedEnough = false;
        if (patience != null) {
            patience.cancel();
            patience = null;
        }
    }
}
