package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.Authenticator;
import okhttp3.Call;
import okhttp3.CookieJar;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Sends requests to an endpoint that is given and not picked, over its own connections. Safe for use by many threads. */
final class CheckClient {
    private final BalancedService service;
    private final OkHttpClient client;

    /**
     * Creates a client beside a balanced one. What tells connections apart stays as it is there, so that the two share them; what else
     * users add to a client is for requests.
     */
    CheckClient(BalancedService service, OkHttpClient balanced) {
        this.service = service;
        OkHttpClient.Builder builder = balanced.newBuilder()
                .cache(null)
                .cookieJar(CookieJar.NO_COOKIES)
                .authenticator(Authenticator.NONE)
                .eventListener(EventListener.NONE)
                .followRedirects(false)
                .followSslRedirects(false)
                .retryOnConnectionFailure(true);
        builder.interceptors().clear();
        builder.networkInterceptors().clear();
        this.client = builder.addInterceptor(CheckClient::pin).build();
    }

    /** Returns the status of the answer. */
    int ask(Request request, Endpoint endpoint, Duration timeout) throws IOException {
        PinnedEndpoint pinned = service.pin(endpoint);
        Call call = client.newCall(
                request.newBuilder().tag(PinnedEndpoint.class, pinned).build());
        call.timeout().timeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
        try (Response response = call.execute()) {
            return response.code();
        } finally {
            pinned.checked();
        }
    }

    /**
     * A server may close connections that are idle for less than the interval, so a check often finds a dead one. That says nothing of
     * the endpoint, and OkHttp may try again on a new one.
     */
    private static Response pin(Interceptor.Chain chain) throws IOException {
        @Nullable PinnedEndpoint pinned = chain.request().tag(PinnedEndpoint.class);
        if (pinned == null) {
            throw new IllegalStateException("not a check: " + chain.request());
        }
        try {
            return LoadBalancingInterceptor.pinned(chain, pinned, false)
                    .withRetryOnConnectionFailure(true)
                    .proceed(chain.request());
        } catch (ConnectException e) {
            throw ConnectProblem.of(e, pinned);
        }
    }
}
