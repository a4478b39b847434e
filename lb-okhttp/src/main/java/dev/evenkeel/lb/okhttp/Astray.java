package dev.evenkeel.lb.okhttp;

/** Stops OkHttp when it is about to send a request over a connection that leads elsewhere. {@link FollowUps} tells the caller. */
final class Astray extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    Astray(String message) {
        super(message, null, false, false);
    }
}
