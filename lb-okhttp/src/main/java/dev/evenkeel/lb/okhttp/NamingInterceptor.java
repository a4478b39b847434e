package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import okhttp3.Connection;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sends a request in the terms of the endpoint that its connection leads to, where these are not the service's. It sits below cookies, cache
 * and redirects, which go by the service. Safe for use by many threads.
 */
final class NamingInterceptor implements Interceptor {
    static final NamingInterceptor INSTANCE = new NamingInterceptor();

    private NamingInterceptor() {}

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        Connection connection = chain.connection();
        boolean ours = connection != null
                && connection.route().address().dns() instanceof PinnedEndpoint endpoint
                && !endpoint.name().isPlain()
                && endpoint.isAt(connection.route().socketAddress())
                && request.url().host().equals(endpoint.service())
                && request.tag(OnWire.class) == null;
        if (!ours) {
            return chain.proceed(request);
        }
        EndpointName name = ((PinnedEndpoint) connection.route().address().dns()).name();
        return name.fromWire(chain.proceed(name.onWire(request)), request.url());
    }

    /**
     * Sends a request to an endpoint. One that opens a WebSocket is put into its terms here, as OkHttp asks no network interceptor for these.
     *
     * @param chain that leads to the endpoint
     */
    static Response proceed(Chain chain, Request request, PinnedEndpoint endpoint) throws IOException {
        EndpointName name = endpoint.name();
        if (name.isPlain() || !"websocket".equalsIgnoreCase(request.header("Upgrade"))) {
            return chain.proceed(request);
        }
        Request sent =
                name.onWire(request).newBuilder().tag(OnWire.class, OnWire.YES).build();
        return chain.proceed(sent).newBuilder().request(request).build();
    }

    /** Marks a request that is in the terms of its endpoint already. */
    private enum OnWire {
        YES
    }
}
