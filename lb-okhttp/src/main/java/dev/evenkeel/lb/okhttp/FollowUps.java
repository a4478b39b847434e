package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.ProtocolException;
import okhttp3.Interceptor.Chain;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Sends the request of an attempt, and those that redirects make of it, each over connections of its own host: to the endpoint as long
 * as they are for its service, to an endpoint of another service, and to a host that is no service as the client would without us.
 */
final class FollowUps {
    private static final int MAX = 20; // as OkHttp, which counts those of one host

    private FollowUps() {}

    /**
     * Sends the request.
     *
     * @param own the chain with the client's settings and those of interceptors, which hold for hosts that are no service
     */
    static Response send(Chain own, CallProgress progress, boolean probe) throws IOException {
        Transmission transmission = progress.transmission();
        Chain chain = LoadBalancingInterceptor.pinned(own, progress.endpoint(), probe);
        Request request = own.request();
        Response before = null;
        while (true) {
            try {
                return following(before, chain.proceed(request));
            } catch (Crossing crossing) {
                before = following(before, crossing.answer());
                request = crossing.next();
                if (transmission.followUps() > MAX) {
                    throw new ProtocolException("Too many follow-up requests: " + transmission.followUps());
                }
                PinnedEndpoint to =
                        destination(progress.endpoint(), request.url().host());
                transmission.crossTo(to);
                chain = to == null ? own : LoadBalancingInterceptor.pinned(own, to, false);
            } catch (Astray e) {
                throw new IOException(e.getMessage());
            }
        }
    }

    private static @Nullable PinnedEndpoint destination(PinnedEndpoint from, String host) throws IOException {
        return host.equals(from.service()) ? from : from.names().pick(host);
    }

    /** Returns a response that tells of what came before it, as OkHttp's own do. */
    private static Response following(@Nullable Response before, Response response) {
        if (before == null) {
            return response;
        }
        Response prior = response.priorResponse();
        return response.newBuilder()
                .priorResponse(prior == null ? before : following(before, prior))
                .build();
    }
}
