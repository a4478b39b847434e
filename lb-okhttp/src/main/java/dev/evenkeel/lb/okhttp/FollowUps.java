package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.call.Outcome;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketException;
import okhttp3.Interceptor.Chain;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Sends the request of an attempt, and those that redirects make of it, each over connections of its own host: to the endpoint as long
 * as they are for its service, and to a host that is no service as the client would without us. One that is for another service is a call
 * of that, and ends the attempt.
 */
final class FollowUps {
    private static final int MAX = 20; // as OkHttp, which counts those of one host

    private FollowUps() {}

    /**
     * Sends the request.
     *
     * @param own the chain with the client's settings and those of interceptors, which hold for hosts that are no service
     * @throws Redirected if it leads to another service
     */
    static Response send(Chain own, Hop hop, CallProgress progress, boolean probe) throws IOException {
        Transmission transmission = progress.transmission();
        Chain chain = LoadBalancingInterceptor.pinned(own, progress.endpoint(), probe);
        Request request = hop.request();
        Response before = hop.before();
        int closed = 0;
        while (true) {
            try {
                return following(before, chain.proceed(request));
            } catch (Crossing crossing) {
                before = following(before, crossing.answer());
                request = crossing.next();
                int followUps = checked(hop.followUps() + transmission.followUps());
                PinnedEndpoint to = destination(progress.endpoint(), request);
                if (to == null
                        && progress.endpoint().names().isService(request.url().host())) {
                    progress.end(Outcome.SUCCESS);
                    throw new Redirected(new Hop(request, before, followUps, null));
                }
                transmission.crossTo(to);
                chain = to == null ? own : LoadBalancingInterceptor.pinned(own, to, false);
            } catch (ClosedWhileIdle e) {
                closed++;
                if (closed > MAX) {
                    throw new SocketException(e.getMessage());
                }
                progress.endpoint().foundStale();
                transmission.takeAnother();
            } catch (IOException e) {
                throw explained(e);
            } catch (Vetoed e) {
                throw explained(e.problem());
            } catch (Astray e) {
                throw new IOException(e.getMessage());
            }
        }
    }

    /** A handshake that failed for the wrong protocol says that it failed. */
    private static IOException explained(IOException failure) {
        WrongProtocolException wrong = WrongProtocolException.in(failure);
        if (wrong == null || wrong == failure) {
            return failure;
        }
        WrongProtocolException clear = new WrongProtocolException(String.valueOf(wrong.getMessage()), wrong.isForTls());
        clear.initCause(failure);
        return clear;
    }

    /** Returns where a request goes that an answer led to; null if it is not for the attempt's service. */
    private static @Nullable PinnedEndpoint destination(PinnedEndpoint from, Request next) {
        return next.url().host().equals(from.service()) ? from : null;
    }

    /**
     * Returns a number of requests that followed from answers.
     *
     * @throws ProtocolException if there are too many
     */
    static int checked(int followUps) throws ProtocolException {
        if (followUps > MAX) {
            throw new ProtocolException("Too many follow-up requests: " + followUps);
        }
        return followUps;
    }

    /** Returns a response that tells of what came before it, as OkHttp's own do. */
    static Response following(@Nullable Response before, Response response) {
        if (before == null) {
            return response;
        }
        Response prior = response.priorResponse();
        return response.newBuilder()
                .priorResponse(prior == null ? before : following(before, prior))
                .build();
    }
}
