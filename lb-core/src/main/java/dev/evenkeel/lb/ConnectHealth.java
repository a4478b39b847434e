package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.policy.PickContext;
import dev.evenkeel.lb.time.Environment;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes endpoints out while connections to them fail. One failure is enough, because nothing was sent and nothing is gained by asking
 * twice. After a pause one request, and only one, tries the endpoint again: if it connects the endpoint is back, if not the next pause
 * is twice as long.
 */
final class ConnectHealth {
    private final Cluster cluster;
    private final Ejector ejector;
    private final ConnectBackoff backoff;
    private final Environment environment;
    private final Trials probes = new Trials(OutReason.CONNECT_FAILED);
    private final Trials unreachable =
            new Trials(OutReason.CONNECT_FAILED); // not for transports that keep trying themselves

    ConnectHealth(Cluster cluster, Ejector ejector, Settings settings, Environment environment) {
        this.cluster = cluster;
        this.ejector = ejector;
        this.backoff = settings.connectBackoff();
        this.environment = environment;
        cluster.watch(probes::changed);
        cluster.watch(unreachable::changed);
    }

    /** Returns an endpoint that this request is to try, or null, which is the rule. */
    @Nullable
    TrackedNode takeProbe(LoadBalancerView view, PickContext call) {
        TrackedNode node = take(probes, view, call);
        if (node == null && view.connectsOnDemand()) {
            node = take(unreachable, view, call);
        }
        if (node != null) {
            // Should the request never end, the endpoint must not stay out for ever.
            TrackedNode tried = node;
            environment.scheduler().schedule(TimeUnit.NANOSECONDS.convert(backoff.max()), () -> offer(tried));
        }
        return node;
    }

    private static @Nullable TrackedNode take(Trials from, LoadBalancerView view, PickContext call) {
        return from.noneIsDue() ? null : from.take(out -> view.mayTry(call, out));
    }

    /** Returns whether an endpoint waits to be tried by a request. */
    boolean isProbeDue() {
        return !probes.noneIsDue() || !unreachable.noneIsDue();
    }

    /** Learns from an attempt that failed to connect, or that involved an endpoint which is out. */
    void learn(Attempt attempt, Outcome outcome) {
        switch (outcome.kind()) {
            case CONNECT_FAILED, UNTRUSTED -> cluster.tell((members, now) -> failed(attempt, outcome.reason(), now));
            case SUCCESS, REJECTED, FAILED, UNAVAILABLE, NOT_PROCESSED, BROKEN, BODY_BROKEN, PUSHBACK ->
                connected(attempt);
            case TIMED_OUT -> {
                if (attempt
                        .isProbe()) { // which says so itself if it was not connected; others may have run out of time
                    // before
                    connected(attempt);
                }
            }
            case STALE_CONNECTION, CANCELLED, HEDGE_LOST, NOT_SENT -> {
                if (attempt.isProbe()) {
                    offer(attempt.node());
                }
            }
        }
    }

    private void connected(Attempt attempt) {
        cluster.tell((members, now) -> connected(members, attempt.node(), attempt.startNanos(), now));
    }

    /** Takes up an endpoint that left while it was out and is in the list again, for all clients at the same moment. */
    void resume(TrackedNode node, long now) {
        if (node.isOut(OutReason.CONNECT_FAILED)) {
            long pause = node.connects.untilReturnProbeNanos(backoff, now, environment.random());
            environment.scheduler().schedule(pause, () -> offer(node));
        }
    }

    private boolean failed(Attempt attempt, String reason, long now) {
        TrackedNode node = attempt.node();
        boolean alreadyOut = node.isOut(OutReason.CONNECT_FAILED);
        if (!node.connects.isNews(attempt.startNanos()) || (alreadyOut && !attempt.isProbe())) {
            return false;
        }
        long pause = node.connects.failed(reason, backoff, now, environment.random());
        environment.scheduler().schedule(pause, () -> offer(node));
        node.setOut(OutReason.CONNECT_FAILED, true);
        if (!alreadyOut) {
            cluster.announceAvailability(node, node.connects.describe(now));
        }
        return !alreadyOut;
    }

    /**
     * Takes out an endpoint that a transport which keeps its connections cannot connect to, though no request met it, and returns whether it was
     * in use; called in a change.
     */
    boolean unreachable(TrackedNode node, String reason, long now) {
        boolean alreadyOut = node.isOut(OutReason.CONNECT_FAILED);
        if (alreadyOut && !node.connects.isOfTransport()) {
            return false; // requests have found out, and try it
        }
        long pause = node.connects.unreachable(reason, backoff, now, environment.random());
        environment.scheduler().schedule(pause, () -> offer(node));
        node.setOut(OutReason.CONNECT_FAILED, true);
        if (!alreadyOut) {
            cluster.announceAvailability(node, node.connects.describe(now));
        }
        return !alreadyOut;
    }

    /**
     * Takes an endpoint back that was connected to, and returns whether it was out; called in a change.
     *
     * @param sinceNanos when the request or check was begun that got through
     */
    boolean connected(Members members, TrackedNode node, long sinceNanos, long now) {
        if (!node.connects.isNews(sinceNanos) || !node.setOut(OutReason.CONNECT_FAILED, false)) {
            return false;
        }
        node.connects.connected(now);
        ejector.acquit(node, sinceNanos, now);
        members.startOver(node, now);
        cluster.announceAvailability(node, "connected again");
        return true;
    }

    /**
     * Takes back an endpoint that transports had lost their connections to, as it is another process, and returns whether that is a change for
     * all views; called in a change.
     */
    boolean connectedAgain(Members members, TrackedNode node, long now) {
        if (node.isOut(OutReason.CONNECT_FAILED) && node.connects.isOfTransport()) {
            node.connects.foundNanos();
            return connected(members, node, now, now);
        }
        if (!node.connects.isLost()) {
            return false;
        }
        boolean wasOut = !node.availability().isAvailable();
        ejector.acquit(node, node.connects.foundNanos(), now);
        members.startOver(node, now);
        if (wasOut && node.availability().isAvailable()) {
            cluster.announceAvailability(node, "connected again");
        }
        return true;
    }

    /** Lets the next request try the endpoint, if it is still out and its pause is over: an earlier timer may come too soon. */
    private void offer(TrackedNode node) {
        cluster.tell((members, now) -> {
            boolean due = node.connects.untilProbeNanos(now) <= 0;
            if (due && node.isOut(OutReason.CONNECT_FAILED) && !node.isRemoved()) {
                (node.connects.isOfTransport() ? unreachable : probes).offer(node);
            }
            return false;
        });
    }
}
