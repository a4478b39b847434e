package dev.evenkeel.lb.okhttp;

/** Stops OkHttp before it sends a request over a pooled connection that the server has closed. {@link FollowUps} takes another one. */
final class ClosedWhileIdle extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    ClosedWhileIdle() {
        super("the server closed the connection while it was idle", null, false, false);
    }
}
