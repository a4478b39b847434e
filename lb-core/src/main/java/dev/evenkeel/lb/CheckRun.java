package dev.evenkeel.lb;

import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One check of one endpoint. It ends exactly once: with what the check says, or when its time is up. Safe for use by the threads of
 * checks and timers.
 */
final class CheckRun {
    private final TrackedNode node;
    private final CheckTarget target;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicReference<@Nullable CompletableFuture<CheckResult>> future = new AtomicReference<>();
    private volatile long startNanos; // written by the thread that runs the check, before it can end
    private volatile boolean holdsThread; // written by the thread that runs the check
    private volatile boolean overdue; // written by the timer

    CheckRun(TrackedNode node, CheckTarget target) {
        this.node = node;
        this.target = target;
    }

    /** Is told how a check ended, on any thread. */
    @FunctionalInterface
    interface Report {
        void ended(CheckRun run, CheckResult result);
    }

    TrackedNode node() {
        return node;
    }

    /** Returns when the check began: what happened later, it cannot know. */
    long startNanos() {
        return startNanos;
    }

    /** Returns whether the time is up, and the check has not given back its thread all the same. */
    boolean isStuck() {
        return overdue && holdsThread;
    }

    /** Checks; returns when the check gives the thread back, which may be before the end or long after it. */
    void run(HealthCheck check, Environment environment, Report report) {
        holdsThread = true;
        startNanos = environment.ticker().nanos();
        Scheduler.Scheduled timer =
                environment.scheduler().schedule(target.timeout().toNanos(), () -> giveUp(check, environment, report));
        try {
            CompletableFuture<CheckResult> running = check.check(target);
            future.set(running);
            var unused = running.whenComplete((said, thrown) -> {
                if (end(
                        unlessStalled(thrown == null ? orFailed(said) : CheckResult.failed(thrown), environment),
                        report)) {
                    timer.cancel();
                }
            });
            if (overdue) {
                running.cancel(true); // the time may have been up before there was anything to cancel
            }
        } catch (Throwable e) { // whatever is wrong with a check of somebody's own, it must not harm the others
            if (end(CheckResult.failed(e), report)) {
                timer.cancel();
            }
        } finally {
            holdsThread = false;
        }
    }

    /** Ends what could not begin. */
    void abandon(Report report) {
        end(CheckResult.unknown("there was no thread for it"), report);
    }

    private void giveUp(HealthCheck check, Environment environment, Report report) {
        overdue = true;
        CheckResult failed = CheckResult.failed(
                check + ": no answer in " + Text.seconds(target.timeout().toNanos()));
        if (end(unlessStalled(failed, environment), report)) {
            CompletableFuture<CheckResult> running = future.get();
            if (running != null) {
                running.cancel(true);
            }
        }
    }

    /** A failure says nothing if this client itself stood still while it waited. */
    private CheckResult unlessStalled(CheckResult how, Environment environment) {
        long elapsed = environment.ticker().nanos() - startNanos;
        boolean own = how.kind() == CheckResult.Kind.FAILED
                && OwnStalls.explain(elapsed, environment.stalls().stalledNanos(startNanos));
        return own ? CheckResult.unknown(OwnStalls.STOOD_STILL.reason()) : how;
    }

    private boolean end(CheckResult how, Report report) {
        boolean first = over.compareAndSet(false, true);
        if (first) {
            report.ended(this, how);
        }
        return first;
    }

    private static CheckResult orFailed(@Nullable CheckResult said) {
        return said == null ? CheckResult.failed("the check returned no result") : said;
    }
}
