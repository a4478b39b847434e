package dev.evenkeel.lb.sim;

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

    /** Learns how the attempt ended. */
    void ended(Outcome outcome);

    /** Decides whether to try again after an attempt that ended so. */
    RetryDecision after(Outcome outcome);

    /**
     * One step.
     *
     * @param server the server's index
     * @param probe whether connecting should give up sooner than usual
     */
    record Hop(int server, boolean probe) {}

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
