package dev.evenkeel.lb.health;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Passes if a GET of a path is answered with an expected status, 200 to 299 unless {@link #expecting} says otherwise. Uses the JDK's
 * client with connections of its own, no proxy, and follows no redirect. Immutable, and safe for use by many threads; make one and keep
 * it. It needs no closing: its threads are daemons, and end some time after it has become unreachable.
 *
 * <p>What the JDK's client allows decides whose name the request carries:
 * <ul>
 *   <li>The Host header is the service's name only if the program runs with {@code -Djdk.httpclient.allowRestrictedHeaders=host}, and
 *       the endpoint's own address otherwise.
 *   <li>With {@link #tls}, an endpoint whose host is an IP address must prove the service's name, like for requests. One whose host is a
 *       name must prove that name.
 * </ul>
 */
public final class HttpHealthCheck implements HealthCheck {
    private final String path;
    private final int minStatus;
    private final int maxStatus;
    private final @Nullable SSLContext tls;
    private final ConcurrentMap<String, HttpClient> clients =
            new ConcurrentHashMap<>(); // by service, nearly always one

    private HttpHealthCheck(String path, int minStatus, int maxStatus, @Nullable SSLContext tls) {
        this.path = path;
        this.minStatus = minStatus;
        this.maxStatus = maxStatus;
        this.tls = tls;
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
        URI unused = URI.create("http://localhost" + path);
        return new HttpHealthCheck(path, 200, 299, null);
    }

    /** Returns this check with other statuses that pass, both ends included; 100 to 599. */
    public HttpHealthCheck expecting(int newMinStatus, int newMaxStatus) {
        if (newMinStatus < 100 || newMaxStatus > 599 || newMinStatus > newMaxStatus) {
            throw new IllegalArgumentException("healthCheck.status is " + newMinStatus + " to " + newMaxStatus
                    + ", must be a range within 100 to 599");
        }
        return new HttpHealthCheck(path, newMinStatus, newMaxStatus, tls);
    }

    /** Returns this check over TLS, with the trust and the keys of a context. */
    public HttpHealthCheck tls(SSLContext context) {
        return new HttpHealthCheck(path, minStatus, maxStatus, Objects.requireNonNull(context, "context"));
    }

    @Override
    public CompletableFuture<CheckResult> check(CheckTarget target) {
        HttpClient client = clients.computeIfAbsent(target.service(), this::newClient);
        CompletableFuture<HttpResponse<Void>> exchange =
                client.sendAsync(request(target), HttpResponse.BodyHandlers.discarding());
        CompletableFuture<CheckResult> result = exchange.handle((response, thrown) ->
                thrown == null ? judge(response.statusCode()) : CheckResult.failed(prefixed(thrown)));
        var unused = result.whenComplete((judged, thrown) -> {
            if (result.isCancelled()) {
                exchange.cancel(true); // a body that never ends would hold the connection for ever
            }
        });
        return result;
    }

    private HttpRequest request(CheckTarget target) {
        Endpoint endpoint = target.endpoint();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create((tls == null ? "http://" : "https://") + endpoint.address() + path))
                .timeout(target.timeout());
        return withHost(request, target.service()).build();
    }

    private static HttpRequest.Builder withHost(HttpRequest.Builder request, String service) {
        try {
            return request.header("Host", service);
        } catch (IllegalArgumentException e) {
            return request; // the JDK allows it only if it is told to
        }
    }

    private HttpClient newClient(String service) {
        HttpClient.Builder client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(HttpClient.Builder.NO_PROXY)
                .followRedirects(HttpClient.Redirect.NEVER);
        if (tls != null) {
            SSLParameters parameters = tls.getDefaultSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(service)));
            client.sslContext(tls).sslParameters(parameters);
        }
        return client.build();
    }

    private CheckResult judge(int status) {
        return status >= minStatus && status <= maxStatus
                ? CheckResult.PASSED
                : CheckResult.failed("GET " + path + ": HTTP " + status);
    }

    private String prefixed(Throwable thrown) {
        return "GET " + path + ": " + CheckResult.failed(thrown).reason();
    }

    /** Returns the request and what it must bring, such as {@code GET /health expecting 200 to 299}. */
    @Override
    public String toString() {
        return "GET " + path + " expecting " + minStatus + " to " + maxStatus;
    }
}
