package dev.evenkeel.lb;

import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The time before the first list, in which calls are worth holding back: it ends with a list, though it be empty, or when the source has taken
 * too long for it, or with the load balancer. What waits for that is told on a thread that may block. Safe for use by many threads.
 */
final class FirstList {
    private final Cluster cluster;
    private final Environment environment;
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private boolean arrived; // used in changes only
    private volatile Scheduler.Scheduled timer = () -> {}; // written once, at the start

    FirstList(Cluster cluster, Environment environment) {
        this.cluster = cluster;
        this.environment = environment;
    }

    /**
     * Begins, after the source has been asked for lists.
     *
     * @param isThere whether it has told one already
     */
    void start(boolean isThere, Duration bound) {
        if (isThere || bound.isZero()) {
            end();
        } else {
            timer = environment
                    .scheduler()
                    .schedule(bound.toNanos(), () -> environment.blocking().execute(this::end));
            if (over.isDone()) {
                timer.cancel();
            }
        }
    }

    /** Notes that there is a list, which is about to be published; called in a change. */
    void arrived() {
        if (!arrived && isAwaited()) {
            arrived = true;
            environment.scheduler().schedule(0, () -> environment.blocking().execute(this::endWhenPublished));
        }
    }

    private void endWhenPublished() {
        boolean unused = cluster.read((members, now) -> true); // the lock is held until it is published
        end();
    }

    /** Ends the time. Doing it twice changes nothing. */
    void end() {
        timer.cancel();
        over.complete(null);
    }

    boolean isAwaited() {
        return !over.isDone();
    }

    /** Returns what completes at the end of the time. */
    CompletionStage<Void> whenOver() {
        return over.minimalCompletionStage();
    }
}
