package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which attempts of a {@link HedgedCall} are under way, and which of them has won. The lock is held for that alone, so that any thread
 * may ask: nothing is sent, cancelled or told under it.
 */
final class Race {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final List<Contender> all = new ArrayList<>();
    private final List<Contender> running = new ArrayList<>();
    private @Nullable Ended best; // the winner, or the latest that ended otherwise
    private @Nullable HedgeTimer timer; // until another attempt may be made
    private @Nullable IOException failure; // the latest; those before it are suppressed in it
    private boolean decided; // there is a winner, or no more attempts are to be made
    private boolean abandoned; // without a winner
    private @Nullable Contender kept; // the one whose response the user has

    /** Adds an attempt that is about to be sent, and returns whether it should be. */
    boolean enter(Contender contender) {
        lock.lock();
        try {
            boolean wanted = !decided;
            if (wanted) {
                all.add(contender);
                running.add(contender);
            }
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets how the attempts so far ended: others are made. */
    void restart() {
        lock.lock();
        try {
            best = null;
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether an attempt beside others is of use. */
    boolean isOpen() {
        lock.lock();
        try {
            return !decided && !running.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether there is a winner, or no more attempts are to be made. */
    boolean isDecided() {
        lock.lock();
        try {
            return decided;
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether a request's body is being sent. */
    boolean isSendingBody() {
        lock.lock();
        try {
            return running.stream().anyMatch(Contender::isSendingBody);
        } finally {
            lock.unlock();
        }
    }

    /** Waits with another timer from now on; with none if there is no need to. */
    void await(@Nullable HedgeTimer next) {
        lock.lock();
        try {
            stopTimer();
            if (decided || running.isEmpty()) {
                stop(next);
            } else {
                timer = next;
            }
        } finally {
            lock.unlock();
        }
    }

    private void stopTimer() {
        stop(timer);
        timer = null;
    }

    private static void stop(@Nullable HedgeTimer timer) {
        if (timer != null) {
            timer.exit();
        }
    }

    /** What follows from the end of an attempt: those that have lost by it, and a response that is not wanted any more. */
    record Consequence(List<Contender> losers, @Nullable Ended surplus) {}

    /** An attempt has ended. */
    Consequence end(Ended latest) {
        lock.lock();
        try {
            running.remove(latest.contender());
            if (decided) {
                return new Consequence(List.of(), latest);
            }
            Ended surplus = best;
            best = latest;
            if (latest.problem() instanceof IOException e) {
                failure = LoadBalancingInterceptor.suppressing(e, failure);
            }
            decided = latest.settles();
            if (decided || running.isEmpty()) {
                stopTimer();
                changed.signalAll();
            }
            return new Consequence(decided ? List.copyOf(running) : List.of(), surplus);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until there is a winner, or nothing is under way any more, and returns how that one, or the last one, ended.
     *
     * @throws IOException if the race is abandoned
     */
    Ended awaitEnd() throws IOException, InterruptedException {
        lock.lock();
        try {
            while (!decided && !running.isEmpty()) {
                changed.await();
            }
            Ended end = best;
            if (abandoned || end == null) {
                throw LoadBalancingInterceptor.suppressing(new IOException("Canceled"), failure);
            }
            return end;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the user the response of an attempt, unless the race is abandoned. From now on a cancel concerns this attempt alone. */
    boolean keep(Contender winner) {
        lock.lock();
        try {
            decided = true;
            kept = abandoned ? null : winner;
            return !abandoned;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the race without a winner, unless the user has a response, and returns what is to be cancelled. */
    List<Contender> abandon() {
        lock.lock();
        try {
            if (kept != null) {
                return List.of();
            }
            decided = true;
            abandoned = true;
            stopTimer();
            changed.signalAll();
            return all.stream().filter(contender -> !contender.hasLost()).toList();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the attempts that ended without a winner, or will. */
    List<Contender> abandoned() {
        lock.lock();
        try {
            return abandoned
                    ? all.stream().filter(contender -> !contender.hasLost()).toList()
                    : List.of();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the attempt whose response the user has. */
    @Nullable
    Contender kept() {
        lock.lock();
        try {
            return kept;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the winner, or the latest that ended otherwise. */
    @Nullable
    Ended best() {
        lock.lock();
        try {
            return best;
        } finally {
            lock.unlock();
        }
    }

    /** Returns what went wrong last; what went wrong before is suppressed in it. */
    @Nullable
    IOException failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    /** Returns all attempts so far, the first one first. */
    List<Contender> all() {
        lock.lock();
        try {
            return List.copyOf(all);
        } finally {
            lock.unlock();
        }
    }
}
