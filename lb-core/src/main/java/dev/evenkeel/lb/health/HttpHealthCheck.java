package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Authority;
import java.io.IOException;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Passes if a GET of a path is answered with an expected status, 200 to 299 unless {@link #expecting} says otherwise. It carries the service's
 * name as its Host header, and with {@link #tls} the endpoint must prove that name, as for requests, unless {@link #host} says otherwise. Each check opens a connection of its own
 * over HTTP/1.1 and closes it after the header of the answer; it uses no proxy, and follows no redirect. Immutable, and safe for use by many
 * threads.
 */
public final class HttpHealthCheck implements HealthCheck {
    private static final String ANYWHERE = "http://localhost";

    private final String path;
    private final int minStatus;
    private final int maxStatus;
    private final @Nullable SSLContext tls;
    private final @Nullable Authority authority; // null for the service's name

    private HttpHealthCheck(
            String path, int minStatus, int maxStatus, @Nullable SSLContext tls, @Nullable Authority authority) {
        this.path = path;
        this.minStatus = minStatus;
        this.maxStatus = maxStatus;
        this.tls = tls;
        this.authority = authority;
    }

    /**
     * Returns a check that gets a path without TLS.
     *
     * @param path what to ask for, beginning with a slash; may have a query
     * @throws IllegalArgumentException if it is not a path
     */
    public static HttpHealthCheck get(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("healthCheck.path is '" + path + "', must begin with /");
        }
        URI uri = URI.create(ANYWHERE + path);
        if (uri.getRawFragment() != null) {
            throw new IllegalArgumentException("healthCheck.path is '" + path + "', must have no #");
        }
        return new HttpHealthCheck(uri.toASCIIString().substring(ANYWHERE.length()), 200, 299, null, null);
    }

    /** Returns this check with other statuses that pass, both ends included; 100 to 599. */
    public HttpHealthCheck expecting(int newMinStatus, int newMaxStatus) {
        if (newMinStatus < 100 || newMaxStatus > 599 || newMinStatus > newMaxStatus) {
            throw new IllegalArgumentException("healthCheck.status is " + newMinStatus + " to " + newMaxStatus
                    + ", must be a range within 100 to 599");
        }
        return new HttpHealthCheck(path, newMinStatus, newMaxStatus, tls, authority);
    }

    /** Returns this check over TLS, with the trust and the keys of a context. */
    public HttpHealthCheck tls(SSLContext context) {
        return new HttpHealthCheck(path, minStatus, maxStatus, Objects.requireNonNull(context, "context"), authority);
    }

    /**
     * Returns this check with another Host header than the service's name, whose host must then be proven in TLS, too.
     *
     * @param newHost a host, and a port if the header is to have one, such as {@code health.internal:8081}
     * @throws IllegalArgumentException if it is malformed
     */
    public HttpHealthCheck host(String newHost) {
        return new HttpHealthCheck(path, minStatus, maxStatus, tls, Authority.of(newHost));
    }

    /** Checks and returns when it is over, which is at the latest when the time is up; only to look up a name may take longer. */
    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        CheckResult result;
        try (StatusRequest request = new StatusRequest(target.timeout())) {
            request.connect(target.endpoint());
            if (tls != null) {
                request.secure(tls, authority == null ? target.service() : authority.host());
            }
            result = judge(request.get(path, authority == null ? target.service() : authority.toString()));
        } catch (IOException e) {
            result = CheckResult.failed(
                    "GET " + path + ": " + CheckResult.failed(e).reason());
        }
        return CompletableFuture.completedFuture(result);
    }

    private CheckResult judge(int status) {
        return status >= minStatus && status <= maxStatus
                ? CheckResult.PASSED
                : CheckResult.failed("GET " + path + ": HTTP " + status);
    }

    /** Returns the request and what it must bring, such as {@code GET /health expecting 200 to 299}. */
    @Override
    public String toString() {
        return "GET " + path + " expecting " + minStatus + " to " + maxStatus;
    }
}
