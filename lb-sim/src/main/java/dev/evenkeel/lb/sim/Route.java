package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.retry.RetryDecision;
import org.jspecify.annotations.Nullable;

/** Decides where the attempts of one call go, and whether there is another. */
interface Route {
    /** Returns where the next attempt goes, or null if there is nobody to send it to now. */
    @Nullable
    Hop next();

    /** Returns how long to wait before asking again, when there is nobody; 0 to give up. */
    default long waitNanos() {
        return 0;
    }

    /** Returns how long to wait for the latest attempt before another may be made beside it, in nanoseconds. */
    default long hedgeDelayNanos() {
        return BalancedCall.NEVER;
    }

    /** Returns where another attempt goes while those before are under way, or null if there is to be none now. */
    default @Nullable Hop hedge() {
        return null;
    }

    /** Decides whether to try again after the last attempt that was under way ended so. */
    RetryDecision after(Outcome outcome);

    /**
     * One step.
     *
     * @param server the server's index
     * @param attempt what the load balancer counts; null where nobody counts
     */
    record Hop(int server, @Nullable Attempt attempt) {
        /** Returns whether connecting should give up sooner than usual. */
        boolean isProbe() {
            return attempt != null && attempt.isProbe();
        }

        /** Returns whether it should run to its end even if another one is answered first. */
        boolean isDecisive() {
            return attempt != null && attempt.isDecisive();
        }

        /** Learns how the attempt ended. */
        void ended(Outcome outcome) {
            if (attempt != null) {
                attempt.complete(outcome);
            }
        }
    }

    /** Begins the routes of one client's calls. */
    interface Router {
        /**
         * Begins a call.
         *
         * @param share the call's random share, from which its service time follows
         */
        Route newCall(RequestInfo request, double share);

        /** Returns how many attempts the router takes for being in flight. */
        int inFlight();

        /** Ends it. */
        void close();
    }
}
