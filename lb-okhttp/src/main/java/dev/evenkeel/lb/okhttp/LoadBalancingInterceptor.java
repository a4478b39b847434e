package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.Attempt;
import dev.evenkeel.lb.BalancedCall;
import dev.evenkeel.lb.NoEndpointException;
import dev.evenkeel.lb.call.Destination;
import dev.evenkeel.lb.call.Outcome;
import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.retry.RetryDecision;
import dev.evenkeel.lb.time.Environment;
import java.io.IOException;
import java.net.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import kotlin.jvm.JvmClassMappingKt;
import kotlin.jvm.functions.Function0;
import kotlin.reflect.KClass;
import okhttp3.Authenticator;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Sends each request for a balanced service to the endpoint that the load balancer picks, and again to another one when that fails and
 * may be repeated. The request itself, with its URL and so its Host, TLS name, cookies and cache key, is never touched; requests to
 * other hosts pass through unchanged.
 */
final class LoadBalancingInterceptor implements Interceptor {
    /** An endpoint that was out may be a black hole, and one caller is sent there to see: it must not wait as long as usual. */
    private static final int PROBE_CONNECT_MILLIS = 1000;

    static final RetryDecision SETTLED = new RetryDecision(RetryDecision.Kind.STOP_FINAL, 0);

    // As Kotlin's classes: given Java's, each look-up of a tag would make one.
    private static final KClass<CallProgress> PROGRESS = JvmClassMappingKt.getKotlinClass(CallProgress.class);
    private static final KClass<CallSettings> SETTINGS = JvmClassMappingKt.getKotlinClass(CallSettings.class);

    private final Wrapping wrapping;
    private final Map<String, BalancedService> services;
    private final Predicate<String> isService; // made once, as it is asked for with each call
    private final Runnable callRuns; // on this thread
    private final Anomalies anomalies;
    private final AttemptClient attempts;
    private final Function0<CallProgress>
            newProgress; // made once, so that asking for a call's progress costs no object

    /**
     * Creates the interceptor.
     *
     * @param client the client as it is without the interceptor
     * @param callRuns is told of each call that it runs on this thread
     */
    LoadBalancingInterceptor(Wrapping wrapping, HttpOutcomes outcomes, OkHttpClient client, Runnable callRuns) {
        this.wrapping = wrapping;
        this.services = wrapping.services();
        this.isService = services::containsKey;
        this.callRuns = callRuns;
        this.anomalies = wrapping.anomalies();
        this.attempts = new AttemptClient(client, () -> new CallProgress(outcomes, anomalies), Environment.system());
        this.newProgress = () -> new CallProgress(outcomes, anomalies);
    }

    /** Returns the interceptor of a client; null if the client is not balanced. */
    static @Nullable LoadBalancingInterceptor find(OkHttpClient client) {
        for (Interceptor interceptor : client.interceptors()) {
            if (interceptor instanceof LoadBalancingInterceptor ours) {
                return ours;
            }
        }
        return null;
    }

    Wrapping wrapping() {
        return wrapping;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        callRuns.run();
        Request request = chain.request();
        if (services.containsKey(request.url().host())) {
            return balance(chain, Hop.first(request));
        }
        Hop toService;
        try {
            return pass(chain, Hop.first(request));
        } catch (Redirected e) {
            toService = e.next();
        }
        return balance(chain, toService);
    }

    /** Sends a request for a host that is no service, until a redirect leads to one. */
    private Response pass(Chain chain, Hop hop) throws IOException {
        CallProgress before = chain.call().tag(PROGRESS);
        if (before != null) {
            before.transmission().leave();
        }
        Passage passage = new Passage(isService);
        chain.call().addEventListener(passage);
        try {
            return FollowUps.following(hop.before(), chain.proceed(hop.request()));
        } catch (Crossing e) {
            throw passage.redirected(hop, e);
        } finally {
            passage.end();
        }
    }

    private Response balance(Chain chain, Hop first) throws IOException {
        anomalies.leaks().settle();
        refuseWhileOpen(chain.call());
        CallSettings settings = first.request().tag(SETTINGS);
        Duration limit = settings == null ? null : settings.deadline();
        if (limit == null) {
            return follow(chain, first, null);
        }
        Deadline deadline = Deadline.start(first.request().url().host(), limit, chain.call());
        try {
            return deadline.handOver(follow(chain, first, deadline));
        } catch (IOException e) {
            deadline.stop();
            throw deadline.explain(e);
        } catch (Throwable e) {
            deadline.stop();
            throw e;
        }
    }

    /** Sends a request, and what redirects to other services make of it, each as a call of its service. One deadline holds for all. */
    private Response follow(Chain chain, Hop first, @Nullable Deadline deadline) throws IOException {
        Hop hop = first;
        while (true) {
            try {
                return isService.test(hop.request().url().host()) ? send(chain, hop, deadline) : pass(chain, hop);
            } catch (Redirected e) {
                hop = e.next().after(Attempts.trail(chain.call()));
            }
        }
    }

    /** As OkHttp does, which does not know of the calls that hedged attempts are. */
    private static void refuseWhileOpen(Call call) {
        HedgedCall race = Races.find(call);
        CallProgress progress = call.tag(PROGRESS);
        if ((race != null && race.isResponseOpen()) || (progress != null && progress.isResponseOpen())) {
            throw new IllegalStateException("cannot make a new request because the previous response is still open: "
                    + "please call response.close()");
        }
    }

    private Response send(Chain chain, Hop hop, @Nullable Deadline deadline) throws IOException {
        Request request = hop.request();
        BalancedService service =
                Objects.requireNonNull(services.get(request.url().host()), "a request for another host");
        CallSettings settings = request.tag(SETTINGS);
        CallSession session = service.destinations().session(request, chain.getCookieJar());
        Destination destination = service.destinations().of(hop, chain.getCookieJar(), session);
        Duration limit = settings == null ? null : settings.deadline();
        BalancedCall balanced =
                service.newCall(RepeatRules.describe(request, settings, timeoutNanos(chain, limit), destination));
        boolean early = service.isFirstListAwaited();
        if (early || CacheAlone.isMeant(request)) {
            Response cached = CacheAlone.find(chain, hop);
            if (cached != null) {
                return cached;
            }
        }
        FirstListWait.await(chain.call(), service);
        CallProgress progress = RepeatRules.mayHaveCompany(balanced, request)
                ? null
                : chain.call().tag(PROGRESS, newProgress);
        if (progress != null) {
            progress.end(Outcome.SUCCESS); // of what an interceptor before ours has sent already
        }
        Attempt first;
        try {
            first = pick(balanced, null);
        } catch (NoEndpointIOException e) {
            Response cached = early ? null : CacheAlone.find(chain, hop);
            if (cached != null) {
                return cached;
            }
            throw e;
        }
        if (progress != null && !RepeatRules.isToBeGuarded(balanced, request)) {
            if (!hop.isFirst()) {
                progress.follow(hop.trail());
                Races.leave(chain.call());
            }
            return OneByOne.send(chain, hop, service, balanced, first, session, deadline, progress);
        }
        HedgedCall race = hedged(chain, hop, service, balanced, first, deadline);
        Response response;
        try {
            response = race.run();
        } catch (Redirected e) {
            if (session != null) {
                OneByOne.learn(session, e, race.served());
            }
            throw e;
        }
        if (session == null) {
            return response;
        }
        try {
            return session.answered(response, race.served());
        } catch (Throwable e) {
            Discarded.close(response);
            throw e;
        }
    }

    private HedgedCall hedged(
            Chain chain,
            Hop hop,
            BalancedService service,
            BalancedCall balanced,
            Attempt first,
            @Nullable Deadline deadline) {
        try {
            return new HedgedCall(chain, hop, service, balanced, first, deadline, attempts);
        } catch (Throwable e) {
            first.complete(HttpOutcomes.CALLER_FAILED);
            throw e;
        }
    }

    static Attempt pick(BalancedCall balanced, @Nullable IOException failure) throws IOException {
        try {
            return balanced.nextAttempt();
        } catch (NoEndpointException e) {
            throw suppressing(new NoEndpointIOException(e), failure);
        }
    }

    /**
     * Each setting costs an object, so none is made that changes nothing. OkHttp's own retries would repeat a POST behind our back; but
     * without them it does not try the client's second connection spec either, so where there is one, they are vetoed one by one.
     */
    static Chain pinned(Chain chain, PinnedEndpoint endpoint, boolean probe) {
        Chain pinned = chain.withDns(endpoint).withConnectionPool(endpoint.pool());
        if (!endpoint.names().hasTlsFallback()) {
            pinned = pinned.withRetryOnConnectionFailure(false);
        }
        if (!(chain.getSocketFactory() instanceof EndpointSocketFactory)) { // the user's own
            pinned = pinned.withSocketFactory(EndpointSocketFactory.around(
                    chain.getSocketFactory(), endpoint.names().addresses()));
        }
        if (chain.getProxy() != null || !(chain.getProxySelector() instanceof ServiceProxySelector)) {
            pinned = pinned.withProxy(Proxy.NO_PROXY);
        }
        if (chain.getAuthenticator() != Authenticator.NONE) {
            pinned = pinned.withAuthenticator(new NamedAuthenticator(chain.getAuthenticator(), endpoint));
        }
        if (probe && (chain.connectTimeoutMillis() == 0 || chain.connectTimeoutMillis() > PROBE_CONNECT_MILLIS)) {
            pinned = pinned.withConnectTimeout(PROBE_CONNECT_MILLIS, TimeUnit.MILLISECONDS);
        }
        return endpoint.name().secure(pinned);
    }

    static IOException suppressing(IOException failure, @Nullable IOException earlier) {
        if (earlier != null && earlier != failure) {
            failure.addSuppressed(earlier);
        }
        return failure;
    }

    /** The client's own time-out is enforced by OkHttp; the core must know it too, so as not to begin what cannot finish. */
    private static long timeoutNanos(Chain chain, @Nullable Duration limit) {
        long callTimeout = chain.call().timeout().timeoutNanos();
        long own = limit == null ? RequestInfo.NO_TIMEOUT : limit.toNanos();
        return callTimeout == 0 ? own : Math.min(own, callTimeout);
    }
}
