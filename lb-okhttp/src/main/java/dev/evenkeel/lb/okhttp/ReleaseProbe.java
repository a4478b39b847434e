package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import okhttp3.CookieJar;
import okhttp3.Interceptor;
import okhttp3.Request;

/**
 * Makes a call let go of the connection it holds, so that its next attempt looks for one to another endpoint.
 *
 * <p>OkHttp keeps a call's connection for the call's next request as long as host and port of the URL are the same, and does not look
 * at the {@code Dns}: without this, a second attempt goes to the first endpoint again, silently. A request to another host makes it
 * give the connection back to the pool, as a redirect does; this one then ends at a proxy whose port is none, before any look-up, and
 * whatever interceptors that were added after wrapping make of its URL. It costs about 10 µs, only before a repeated attempt, and
 * nothing is sent. Event listeners see that a proxy is selected for {@value #HOST}.
 */
final class ReleaseProbe {
    private static final String HOST = "lb-release.invalid"; // RFC 6761: never resolves
    private static final Request REQUEST =
            new Request.Builder().url("http://" + HOST + "/").build();
    private static final Proxy NOWHERE = new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(HOST, 0));

    private ReleaseProbe() {}

    static void release(Interceptor.Chain chain) {
        try {
            chain.withProxy(NOWHERE)
                    .withCache(null)
                    .withCookieJar(CookieJar.NO_COOKIES)
                    .withRetryOnConnectionFailure(false)
                    .proceed(REQUEST)
                    .close();
        } catch (IOException | Astray expected) {
            // No route, or the call has been cancelled, which the next attempt will notice too.
        }
    }
}
