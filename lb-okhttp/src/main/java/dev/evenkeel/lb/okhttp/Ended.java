package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Outcome;
import java.io.IOException;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt of a {@link HedgedCall} ended: with a response or a problem.
 *
 * @param outcome what that says of the endpoint
 */
record Ended(
        Contender contender,
        @Nullable Response response,
        @Nullable Throwable problem,
        Outcome outcome) {
    /** Returns whether the call ends with it. Otherwise another attempt, if one is under way, may do better. */
    boolean settles() {
        return response == null ? !(problem instanceof IOException) : isFinal(outcome.kind());
    }

    /** What another endpoint would most likely say as well is not worth waiting for. */
    private static boolean isFinal(Outcome.Kind kind) {
        return switch (kind) {
            case SUCCESS, REJECTED, FAILED, NOT_SENT -> true;
            case UNAVAILABLE,
                    CONNECT_FAILED,
                    UNTRUSTED,
                    NOT_PROCESSED,
                    STALE_CONNECTION,
                    BROKEN,
                    TIMED_OUT,
                    BODY_BROKEN,
                    PUSHBACK,
                    CANCELLED,
                    HEDGE_LOST -> false;
        };
    }

    void close() {
        if (response != null) {
            response.close();
        }
    }

    /** Throws what is no failure of the call but of a program: an interceptor's, or the machine's; or the caller's interrupt. */
    void crash() {
        if (problem != null && !(problem instanceof IOException)) {
            Ended.<RuntimeException>raise(problem);
        }
    }

    /** OkHttp lets InterruptedException out without declaring it, and so do we. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> void raise(Throwable problem) throws E {
        throw (E) problem;
    }
}
