package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/** What people write by hand: round robin by another host and port in the URL. No feedback, no retry, and TLS would not work. */
final class RewriteInterceptor implements Interceptor {
    private final List<Endpoint> endpoints;
    private final AtomicInteger turn = new AtomicInteger();

    RewriteInterceptor(List<Endpoint> endpoints) {
        this.endpoints = endpoints;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        Endpoint endpoint = endpoints.get(Integer.remainderUnsigned(turn.getAndIncrement(), endpoints.size()));
        HttpUrl url = request.url()
                .newBuilder()
                .host(endpoint.host())
                .port(endpoint.port())
                .build();
        return chain.proceed(request.newBuilder()
                .url(url)
                .header("Host", request.url().host())
                .build());
    }
}
