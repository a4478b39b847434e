package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * The attempts that a call made, in order: for logs and error messages. A value; it does not change while the call goes on.
 *
 * @param tried one entry for each attempt; empty for a call that is not balanced or has not begun
 */
public record Attempts(List<Tried> tried) {
    public Attempts {
        tried = List.copyOf(tried);
    }

    /**
     * One attempt.
     *
     * @param endpoint where the request went
     * @param outcome what came of it so far; null while there is no answer
     */
    public record Tried(Endpoint endpoint, @Nullable Outcome outcome) {
        /** Returns the endpoint, and the outcome in brackets. */
        @Override
        public String toString() {
            return endpoint + " (" + (outcome == null ? "no answer yet" : outcome.reason()) + ")";
        }
    }

    /** Returns the attempts that a call has made so far. May be asked by any thread, during the call and after it. */
    public static Attempts of(Call call) {
        Deque<Tried> tried = new ArrayDeque<>();
        for (CallProgress.Past attempt = trail(call); attempt != null; attempt = attempt.previous()) {
            tried.addFirst(new Tried(attempt.attempt().endpoint(), attempt.outcome()));
        }
        return new Attempts(List.copyOf(tried));
    }

    /** Returns the attempts so far, the latest first. */
    static CallProgress.@Nullable Past trail(Call call) {
        HedgedCall race = Races.find(call);
        CallProgress progress = CallProgress.find(call);
        return race != null ? race.trail() : progress == null ? null : progress.trail();
    }

    /** Returns them in one line. */
    @Override
    public String toString() {
        return tried.stream().map(Tried::toString).collect(Collectors.joining(", "));
    }
}
