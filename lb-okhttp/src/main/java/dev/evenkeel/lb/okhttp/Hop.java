package dev.evenkeel.lb.okhttp;

import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What one service is asked in a call of the user's: the user's request, or what a redirect of another host has made of it.
 *
 * @param request what is to be sent
 * @param before the latest answer before it, with those before that one; null for the user's own request
 * @param followUps how many requests have followed from answers so far
 * @param trail the attempts at the services before, the latest first; null if there were none
 */
record Hop(Request request, @Nullable Response before, int followUps, CallProgress.@Nullable Past trail) {
    static Hop first(Request request) {
        return new Hop(request, null, 0, null);
    }

    boolean isFirst() {
        return before == null;
    }

    /** Returns the same, as one attempt sends it. */
    Hop with(Request newRequest) {
        return new Hop(newRequest, before, followUps, trail);
    }

    Hop after(CallProgress.@Nullable Past newTrail) {
        return new Hop(request, before, followUps, newTrail);
    }
}
