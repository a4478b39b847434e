package dev.evenkeel.lb.sim;

import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.retry.RetryDecision;
import org.jspecify.annotations.Nullable;

/** Decides where the attempts of one call go, and whether there is another. */
interface Route {
    /** Returns where the next attempt goes, or null if there is no endpoint. */
    @Nullable
    Hop next();

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
     * Has a task run when there may be an endpoint after {@link #next} found none, unless that is not worth waiting for.
     *
     * @return whether it will be run
     */
    default boolean waitsToTryAgain(Runnable again) {
        return false;
    }

    /** One step. */
    interface Hop {
        /** Returns the server's index. */
        int server();

        /** Returns whether the transport keeps a connection there, so that none has to be made. */
        default boolean isConnected() {
            return false;
        }

        /** Returns whether connecting should give up sooner than usual. */
        boolean isProbe();

        /** Returns whether it should run to its end even if another one is answered first. */
        boolean isDecisive();

        /** Returns how long it takes from now until the request is sent, in nanoseconds. */
        default long toWireNanos() {
            return 0;
        }

        /** Called when the request is sent; not if its caller gives up before. */
        default void sent() {}

        /** Called when the attempt ended. */
        void ended(Outcome outcome);
    }

    /** Begins the routes of one client's calls. */
    interface Router {
        /** Begins a call. */
        Route newCall(RequestInfo request);

        /** Returns how many attempts the router takes for being in flight. */
        int inFlight();

        /** Ends it. */
        void close();
    }
}
