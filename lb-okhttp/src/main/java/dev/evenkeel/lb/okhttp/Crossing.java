package dev.evenkeel.lb.okhttp;

import okhttp3.Request;
import okhttp3.Response;

/**
 * Takes OkHttp off its way when it is about to follow a redirect from a service to another host, or from there to a service: it would do
 * so with the connections, the proxies and the look-ups of the attempt's endpoint. {@link FollowUps} goes on from there.
 */
final class Crossing extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 1;

    private final transient Response answer;
    private final transient Request next;

    /**
     * Creates it.
     *
     * @param answer the redirect, whose body is closed
     * @param next the request that follows from it
     */
    Crossing(Response answer, Request next) {
        super(
                "redirected to " + next.url().host() + "; interceptors that are added before wrapping do not see this",
                null,
                false,
                false);
        this.answer = answer;
        this.next = next;
    }

    Response answer() {
        return answer;
    }

    Request next() {
        return next;
    }
}
