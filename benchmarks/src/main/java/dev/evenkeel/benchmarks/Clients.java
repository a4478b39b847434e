package dev.evenkeel.benchmarks;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancerBuilder;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.okhttp.EvenkeelOkHttp;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** The ways to send a request that are compared. */
final class Clients {
    static final Request BALANCED = request("http://orders.svc/v1/42");

    private Clients() {}

    static Request request(String url) {
        return new Request.Builder().url(url).build();
    }

    /** Returns loopback endpoints 127.0.0.1, 127.0.0.2, … at one port. */
    static List<Endpoint> endpoints(int size, int port) {
        return IntStream.rangeClosed(1, size)
                .mapToObj(i -> Endpoint.of("127.0." + (i >> 8) + "." + (i & 255), port))
                .toList();
    }

    /** Balances {@link #BALANCED} over these endpoints. */
    static OkHttpClient balanced(
            OkHttpClient client, List<Endpoint> endpoints, UnaryOperator<LoadBalancerBuilder> settings) {
        LoadBalancerBuilder builder = LoadBalancer.builder("orders.svc").endpoints(EndpointSource.of(endpoints));
        return EvenkeelOkHttp.wrap(
                client, LoadBalancers.of(settings.apply(builder).build()));
    }

    /** Returns the client with a pool that keeps so many connections, where OkHttp's own keeps five. */
    static OkHttpClient pooling(OkHttpClient client, int idle) {
        return client.newBuilder()
                .connectionPool(new ConnectionPool(idle, 5, TimeUnit.MINUTES))
                .build();
    }

    /** Returns the client with the interceptor that people write by hand. */
    static OkHttpClient rewriting(OkHttpClient client, List<Endpoint> endpoints) {
        return client.newBuilder()
                .addInterceptor(new RewriteInterceptor(endpoints))
                .build();
    }

    /** Sends a request, reads the whole answer and returns its length. */
    static long execute(OkHttpClient client, Request request) throws IOException {
        try (Response response = client.newCall(request).execute();
                ResponseBody body = response.body()) {
            if (!response.isSuccessful()) {
                throw new IOException("HTTP " + response.code());
            }
            long length = body.contentLength();
            body.source().skip(length);
            return length;
        }
    }
}
