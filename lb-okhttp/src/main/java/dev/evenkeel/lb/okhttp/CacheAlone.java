package dev.evenkeel.lb.okhttp;

import java.io.IOException;
import java.net.Proxy;
import okhttp3.Call;
import okhttp3.Interceptor.Chain;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Answers from the client's cache, for which no endpoint is needed. */
final class CacheAlone {
    private CacheAlone() {}

    /** Returns whether a request may be answered by the cache only, {@code Cache-Control: only-if-cached}. */
    static boolean isMeant(Request request) {
        return request.header("Cache-Control") != null && request.cacheControl().onlyIfCached();
    }

    /**
     * Returns the cache's answer, or that it has none where it may not be asked elsewhere for; null if the request must be sent.
     *
     * @throws Redirected if a redirect from the cache leads to another host
     */
    static @Nullable Response find(Chain chain, Hop hop) throws IOException {
        Request request = hop.request();
        boolean mayHave = chain.getCache() != null && request.method().equals("GET");
        if (!mayHave && !isMeant(request)) {
            return null;
        }
        Call call = chain.call();
        String service = request.url().host();
        CallProgress progress = CallProgress.find(call);
        if (progress != null && progress.transmission().holdsConnectionOf(service)) {
            ReleaseProbe.release(chain);
        }
        Passage passage = new Passage(host -> !host.equals(service));
        call.addEventListener(passage);
        try {
            return FollowUps.following(
                    hop.before(),
                    chain.withDns(Nowhere.DNS).withProxy(Proxy.NO_PROXY).proceed(request));
        } catch (Nowhere.NotFound e) {
            return null;
        } catch (Crossing e) {
            throw passage.redirected(hop, e);
        } finally {
            passage.end();
        }
    }
}
