package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.Session;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** What is known of the session to which one call belongs. */
interface CallSession {
    /** Returns the session; null if the call brought none. */
    @Nullable
    Session session();

    /** Learns from the answer, and returns it with what the client should know about its session. */
    Response answered(Response response, Served served);

    /**
     * Who served a call.
     *
     * @param first the call's first attempt
     * @param last the one whose answer the user gets
     * @param outcome what that answer says
     */
    record Served(Attempt first, Attempt last, Outcome outcome) {}
}
