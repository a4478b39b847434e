package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.health.CheckResult;
import dev.evenkeel.lb.health.CheckTarget;
import dev.evenkeel.lb.health.HealthCheck;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * A health check that goes the way of requests: with the Host header and the TLS identity of the service, over the connections that
 * requests to the endpoint use. So it fails for whatever they would fail for, and keeps a connection warm.
 *
 * <pre>{@code
 * OkHttpHealthCheck health = OkHttpHealthCheck.get("https://orders.svc/health");
 * LoadBalancer orders = LoadBalancer.builder("orders.svc").endpoints(source).healthCheck(health).build();
 * OkHttpClient client = EvenkeelOkHttp.wrap(new OkHttpClient(), LoadBalancers.of(orders));
 * }</pre>
 *
 * <p>The load balancer says which endpoint to check and when; the first client that is built for that load balancer sends the checks. Without a
 * client, or when that is closed, nothing is checked and no endpoint is out for it; the load balancer announces that. The client's interceptors, cookies, cache and authenticator take no part, redirects are
 * not followed, and checks are no attempts: they count neither as in flight nor as latency. Safe for use by many threads.
 */
public final class OkHttpHealthCheck implements HealthCheck {
    private final Request request;
    private final int minStatus;
    private final int maxStatus;
    private volatile @Nullable CheckClient client; // written when a client is built or closed
    private volatile boolean closed; // whether there was a client, and it is closed

    private OkHttpHealthCheck(Request request, int minStatus, int maxStatus) {
        this.request = request;
        this.minStatus = minStatus;
        this.maxStatus = maxStatus;
    }

    /**
     * Returns a check that gets a URL and passes with a status of 200 to 299.
     *
     * @param url begins like those of requests: with the service's name, and the same port if they have one; that decides whether
     *     connections are shared
     * @throws IllegalArgumentException if it is not an HTTP URL
     */
    public static OkHttpHealthCheck get(String url) {
        return of(new Request.Builder().url(url).build(), 200, 299);
    }

    /**
     * Returns a check that sends a request, which may have headers of its own.
     *
     * @param minStatus the least status that passes, at least 100
     * @param maxStatus the largest status that passes, at most 599
     */
    public static OkHttpHealthCheck of(Request request, int minStatus, int maxStatus) {
        if (minStatus < 100 || maxStatus > 599 || minStatus > maxStatus) {
            throw new IllegalArgumentException(
                    "healthCheck.status is " + minStatus + " to " + maxStatus + ", must be a range within 100 to 599");
        }
        return new OkHttpHealthCheck(request, minStatus, maxStatus);
    }

    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        return CompletableFuture.completedFuture(resultOf(target));
    }

    private CheckResult resultOf(CheckTarget target) {
        CheckClient now = client;
        if (now == null) {
            return CheckResult.unknown(
                    closed
                            ? "the client that sent it is closed"
                            : "no client sends it; build one with EvenkeelOkHttp for this load balancer");
        }
        if (!target.service().equals(service())) {
            return CheckResult.unknown("its URL is of " + service() + ", must begin with http://" + target.service()
                    + " or https://" + target.service());
        }
        try {
            int status = now.ask(request, target.endpoint(), target.timeout());
            return status >= minStatus && status <= maxStatus
                    ? CheckResult.PASSED
                    : CheckResult.failed(what() + ": HTTP " + status);
        } catch (IOException e) {
            return CheckResult.failed(what() + ": " + CheckResult.failed(e).reason());
        }
    }

    /** Returns the service that it checks. */
    String service() {
        return request.url().host();
    }

    /**
     * Takes a client to check with.
     *
     * @throws IllegalStateException if there is one already
     */
    synchronized void use(CheckClient newClient) {
        if (!useIfFree(newClient)) {
            throw new IllegalStateException(this + " belongs to another client; make one for each");
        }
    }

    /** Takes a client to check with, unless there is one already; returns whether it did. */
    synchronized boolean useIfFree(CheckClient newClient) {
        if (client != null) {
            return false;
        }
        client = newClient;
        closed = false;
        return true;
    }

    /** Gives up the client, and returns whether there was one. */
    synchronized boolean end() {
        boolean had = client != null;
        client = null;
        closed |= had;
        return had;
    }

    private String what() {
        return request.method() + " " + request.url().encodedPath();
    }

    /** Returns the request and what it must bring, such as {@code GET /health over OkHttp expecting 200 to 299}. */
    @Override
    public String toString() {
        return what() + " over OkHttp expecting " + minStatus + " to " + maxStatus;
    }
}
