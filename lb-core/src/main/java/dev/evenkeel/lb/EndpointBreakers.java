package dev.evenkeel.lb;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.OutReason;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.policy.PickContext;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes out endpoints whose circuit breaker opens, as far as the cap on suspicion allows, and has requests try those whose breaker is
 * half-open. An endpoint that the cap keeps in use goes on getting all its requests, until there is room after all; the first of them
 * after half-open decide.
 */
final class EndpointBreakers {
    private final Cluster cluster;
    private final Ejector ejector;
    private final BreakerTimer timer;
    private final Trials trials = new Trials(OutReason.BREAKER_OPEN);
    private final Set<TrackedNode> kept =
            new LinkedHashSet<>(); // in use with an open breaker; used under the cluster's lock, as the next
    private final Set<TrackedNode> excused = new HashSet<>(); // those that were kept as others failed, too

    EndpointBreakers(Cluster cluster, Ejector ejector, BreakerTimer timer) {
        this.cluster = cluster;
        this.ejector = ejector;
        this.timer = timer;
        cluster.watch(trials::changed);
    }

    /** Returns an endpoint that this request is to try, with a permit of its breaker and counted as in flight; or null, the rule. */
    @Nullable
    TrackedNode takeTrial(LoadBalancerView view, PickContext call, long nowNanos) {
        TrackedNode node = takePermit(view, call);
        if (node == null || node.tryStart(nowNanos)) {
            return node;
        }
        giveBack(node);
        return null;
    }

    /** Returns an endpoint that this request is to try, with a permit of its breaker and not counted; or null, the rule. */
    @Nullable
    TrackedNode takePermit(LoadBalancerView view, PickContext call) {
        if (trials.noneIsDue()) {
            return null;
        }
        TrackedNode node = trials.take(out -> isOutForNothingElse(out) && out.hasRoom() && view.mayTry(call, out));
        if (node == null || node.breaker == null || !node.breaker.tryAcquire()) {
            return null;
        }
        trials.offer(node); // there may be more permits
        return node;
    }

    private static void giveBack(TrackedNode node) {
        if (node.breaker != null) {
            node.breaker.release();
        }
    }

    /** A refused connection or an ejection takes its time first. */
    private static boolean isOutForNothingElse(TrackedNode node) {
        return node.availability().without(OutReason.BREAKER_OPEN).isAvailable();
    }

    /** Learns how an attempt ended. */
    void learn(Attempt attempt, Outcome.Kind kind, long latencyNanos) {
        learn(attempt, kind, latencyNanos, attempt.isTrial());
    }

    /** Learns that an answer which had begun broke off; its permit went with the beginning. */
    void learnBroken(Attempt attempt, Outcome.Kind kind, long elapsedNanos) {
        learn(attempt, kind, elapsedNanos, false);
    }

    private void learn(Attempt attempt, Outcome.Kind kind, long latencyNanos, boolean permitted) {
        TrackedNode node = attempt.node();
        Breaker breaker = node.breaker;
        if (breaker == null) {
            return;
        }
        breaker.onOutcome(kind, attempt.startNanos(), latencyNanos, permitted);
        if (breaker.hasNews()) {
            timer.settle(breaker, new Act(node, breaker));
        } else if (permitted && kind.isNeutral()) {
            trials.offer(node); // the permit is free again
        }
    }

    /** Takes up an endpoint that left while its breaker was half-open and is in the list again. */
    void resume(TrackedNode node) {
        if (node.breaker != null && node.breaker.isHalfOpen()) {
            trials.offer(node);
        } else if (isKept(node)) {
            kept.add(node);
        }
    }

    private static boolean isKept(TrackedNode node) {
        return !node.isOut(OutReason.BREAKER_OPEN) && !node.isRemoved() && isOpen(node);
    }

    private static boolean isOpen(TrackedNode node) {
        return node.breaker != null
                && switch (node.breaker.settledState()) {
                    case OPEN, FORCED_OPEN -> true;
                    case HALF_OPEN, CLOSED, DISABLED, METRICS_ONLY -> false;
                };
    }

    /**
     * Takes out what stayed in use for want of room, if there is room by now, and what was excused by the failures of others, if it goes on
     * failing without them: that those failures end is no evidence against it. Called in a sweep.
     */
    boolean reconsider(Members members, long now) {
        boolean changed = false;
        kept.removeIf(node -> !isKept(node));
        excused.retainAll(kept);
        for (TrackedNode node : kept) {
            if (node.breaker != null
                    && (!excused.contains(node) || node.isFailingNow())
                    && ejector.objectionToBreaker(node, members, now).isEmpty()) {
                changed |= takeOut(node, node.breaker.describe(now));
            }
        }
        return changed;
    }

    private boolean takeOut(TrackedNode node, String why) {
        ejector.takesOut(node);
        boolean changed = node.setOut(OutReason.BREAKER_OPEN, true);
        cluster.announceAvailability(node, why);
        return changed;
    }

    /** What is done with one endpoint when its breaker changes. */
    private final class Act implements BreakerTimer.Owner {
        private final TrackedNode node;
        private final Breaker breaker;

        Act(TrackedNode node, Breaker breaker) {
            this.node = node;
            this.breaker = breaker;
        }

        @Override
        public boolean onState(Members members, long now) {
            return switch (breaker.settledState()) {
                case OPEN, FORCED_OPEN -> opened(members, now);
                case HALF_OPEN -> halfOpen(now);
                case CLOSED, DISABLED, METRICS_ONLY -> closed(members, now);
            };
        }

        @Override
        public void onPermit() {
            trials.offer(node);
        }

        private boolean opened(Members members, long now) {
            String why = breaker.describe(now);
            String objection = ejector.objectionToBreaker(node, members, now);
            if (!objection.isEmpty()) {
                suspect(why + "; stays in use, " + objection);
                kept.add(node);
                if (ejector.hasRoom(members)) {
                    excused.add(node);
                }
                return false;
            }
            return takeOut(node, why);
        }

        private boolean halfOpen(long now) {
            trials.offer(node);
            suspect(breaker.describe(now));
            return false;
        }

        private boolean closed(Members members, long now) {
            if (!node.setOut(OutReason.BREAKER_OPEN, false)) {
                return false;
            }
            node.comeBack(now);
            members.holdBack(node, now);
            cluster.announceAvailability(node, "its circuit breaker closed");
            return true;
        }

        private void suspect(String why) {
            cluster.announce(Event.Type.SUSPECTED, node.endpoint(), why);
        }
    }
}
