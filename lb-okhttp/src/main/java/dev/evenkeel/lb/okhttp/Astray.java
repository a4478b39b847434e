package dev.evenkeel.lb.okhttp;

import java.io.IOException;

/** Stops OkHttp when it is about to send a request over a connection that leads elsewhere. {@link FollowUps} tells the caller. */
final class Astray extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    Astray(String message) {
        super(message, null, false, false);
    }

    /** Throws what OkHttp takes as a failure to connect: in Kotlin nothing has to be declared. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    static <E extends Exception> void raise(IOException failure) throws E {
        throw (E) failure;
    }
}
