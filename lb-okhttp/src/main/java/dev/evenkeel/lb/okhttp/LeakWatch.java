package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Ends the attempts of responses that were never closed, once the garbage collector has found them: OkHttp reports nothing then, and an
 * endpoint would count them as in flight for ever and be shunned for it. Works without a thread: the next call looks after it. Safe
 * for use by many threads.
 */
final class LeakWatch {
    private final ReferenceQueue<CallProgress> lost = new ReferenceQueue<>();
    private final Set<Watched> open =
            ConcurrentHashMap.newKeySet(); // a reference that is itself forgotten reports nothing
    private final LongAdder leaked = new LongAdder();

    /** Begins to watch an attempt whose response has been handed to the user. */
    Watched watch(CallProgress progress, Attempt attempt) {
        return watch(new Watched(progress, lost, attempt));
    }

    /** Begins to watch an attempt that failed and that the end of its call is to end. If it does not, no response has leaked. */
    Watched watchUnended(CallProgress progress, Attempt attempt) {
        return watch(new Unended(progress, lost, attempt));
    }

    private Watched watch(Watched watched) {
        open.add(watched);
        return watched;
    }

    /** Ends the attempts that were found to be lost. Costs one read when there are none. */
    void settle() {
        for (Reference<? extends CallProgress> found = lost.poll(); found != null; found = lost.poll()) {
            if (found instanceof Watched watched && open.remove(watched)) {
                boolean isLeak = !(watched instanceof Unended);
                if (isLeak) {
                    leaked.increment();
                }
                watched.attempt.complete(isLeak ? HttpOutcomes.LEAKED : Outcome.CANCELLED);
            }
        }
    }

    /** Returns how many responses were lost so far. */
    long leaked() {
        settle();
        return leaked.sum();
    }

    /** Stops watching an attempt that has ended. Doing it twice changes nothing. */
    void end(Watched watched) {
        if (open.remove(watched)) {
            watched.clear();
        }
    }

    /** An attempt under watch. It must not lead back to its call, or that could never be collected. */
    static class Watched extends PhantomReference<@Nullable CallProgress> {
        private final Attempt attempt;

        private Watched(CallProgress progress, ReferenceQueue<CallProgress> lost, Attempt attempt) {
            super(progress, lost);
            this.attempt = attempt;
        }
    }

    /** One without a response. */
    private static final class Unended extends Watched {
        private Unended(CallProgress progress, ReferenceQueue<CallProgress> lost, Attempt attempt) {
            super(progress, lost, attempt);
        }
    }
}
