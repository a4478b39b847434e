package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Scheduler;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Looks a list up again and again until it is closed, on threads that may block: one look-up at a time, each some time after the
 * end of the last. Nothing that a look-up or a listener throws ends the loop, errors of the JVM included: a refresh that dies
 * silently costs more than one that fails loudly for ever.
 *
 * <p>A look-up that does not end is reported as a failure. No second one is started next to it, since it would probably hang as well;
 * when the first ends after all, the loop goes on.
 */
final class RefreshLoop implements EndpointSource.Subscription {
    private static final System.Logger LOG = System.getLogger(RefreshLoop.class.getName());

    private final String name;
    private final Lookup lookup;
    private final RefreshPace pace;
    private final Environment environment;
    private final Reports reports;

    private final ReentrantLock lock = new ReentrantLock(); // guards what follows
    private boolean closed;
    private boolean looking;
    private boolean askedAgain; // while looking
    private long lookups; // tells the running one from earlier ones
    private boolean failing;
    private long failingSinceNanos; // means nothing unless failing
    private Scheduler.Scheduled timer = () -> {}; // starts the next look-up; while looking, notices silence

    RefreshLoop(
            String name, Lookup lookup, RefreshPace pace, EndpointSource.Listener listener, Environment environment) {
        this.name = OneLine.of(name);
        this.lookup = lookup;
        this.pace = pace;
        this.environment = environment;
        this.reports = new Reports(listener);
    }

    /** Looks up as soon as possible; if a look-up is running, once more after it. This also starts the loop. */
    void lookNow() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (looking) {
                askedAgain = true;
                return;
            }
            looking = true;
            askedAgain = false;
            long lookup = ++lookups;
            arm(pace.silence().toNanos(), () -> onSilence(lookup));
        } finally {
            lock.unlock();
        }
        try {
            environment.blocking().execute(this::look);
        } catch (Throwable e) {
            onEnd(new Report.Failed(name + ": no thread to look it up: " + e));
        }
    }

    private void look() {
        Report report = new Report.Failed(name + ": the look-up broke off");
        try {
            report = ask();
        } finally {
            onEnd(report);
        }
    }

    private Report ask() {
        try {
            return lookup.look();
        } catch (LookupFailedException e) {
            return new Report.Failed(e.reason());
        } catch (Throwable e) {
            LOG.log(System.Logger.Level.DEBUG, name + ": the look-up failed in an unforeseen way", OneLine.of(e));
            return new Report.Failed(name + ": " + e);
        }
    }

    private void onEnd(Report report) {
        lock.lock();
        try {
            looking = false;
            if (closed) {
                return;
            }
            boolean settled = settles(report);
            if (settled) {
                reports.note(report);
            }
            arm(
                    askedAgain ? 0 : settled ? pace.nextNanos(environment.random()) : pace.settleStepNanos(),
                    this::lookNow);
        } finally {
            lock.unlock();
        }
        reports.deliver();
    }

    /** Returns whether to believe the report; called under the lock. */
    private boolean settles(Report report) {
        if (report instanceof Report.Found) {
            failing = false;
            return true;
        }
        long now = environment.ticker().nanos();
        if (!failing) {
            failing = true;
            failingSinceNanos = now;
        }
        return now - failingSinceNanos >= pace.settleNanos();
    }

    private void onSilence(long lookup) {
        lock.lock();
        try {
            if (closed || !looking || lookup != lookups) {
                return;
            }
            reports.note(new Report.Failed(
                    name + ": no answer within " + pace.silence().toMillis() / 1e3 + " s, still waiting for it"));
        } finally {
            lock.unlock();
        }
        reports.deliver();
    }

    /** Replaces the timer; called under the lock. */
    private void arm(long delayNanos, Runnable task) {
        timer.cancel();
        timer = environment.scheduler().schedule(delayNanos, task);
    }

    /** Ends the loop. A look-up that is running ends by itself, unheard. */
    @Override
    public void close() {
        reports.close();
        lock.lock();
        try {
            closed = true;
            timer.cancel();
        } finally {
            lock.unlock();
        }
    }

    /** Finds the current list; may block. */
    @FunctionalInterface
    interface Lookup {
        Report.Found look() throws LookupFailedException;
    }
}
