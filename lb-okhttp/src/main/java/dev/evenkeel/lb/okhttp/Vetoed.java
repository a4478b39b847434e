package dev.evenkeel.lb.okhttp;

import java.io.IOException;

/** Keeps OkHttp from sending a request again on its own. {@link FollowUps} throws what it would have passed over. */
final class Vetoed extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    private final IOException problem;

    Vetoed(IOException problem) {
        super("not sent again by OkHttp", null, false, false);
        this.problem = problem;
    }

    IOException problem() {
        return problem;
    }
}
