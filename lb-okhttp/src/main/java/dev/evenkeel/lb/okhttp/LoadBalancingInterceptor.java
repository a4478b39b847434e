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
import java.util.concurrent.TimeUnit;
import kotlin.jvm.JvmClassMappingKt;
import kotlin.jvm.functions.Function0;
import kotlin.reflect.KClass;
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

    private final Map<String, BalancedService> services;
    private final Anomalies anomalies;
    private final AttemptClient attempts;
    private final Function0<CallProgress>
            newProgress; // made once, so that asking for a call's progress costs no object

    /**
     * Creates the interceptor.
     *
     * @param client the client as it is without the interceptor
     */
    LoadBalancingInterceptor(
            Map<String, BalancedService> services, HttpOutcomes outcomes, Anomalies anomalies, OkHttpClient client) {
        this.services = services;
        this.anomalies = anomalies;
        this.attempts = new AttemptClient(client, () -> new CallProgress(outcomes, anomalies), Environment.system());
        this.newProgress = () -> new CallProgress(outcomes, anomalies);
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        BalancedService service = services.get(request.url().host());
        if (service == null) {
            return chain.proceed(request);
        }
        anomalies.leaks().settle();
        refuseWhileOpen(chain.call());
        CallSettings settings = request.tag(SETTINGS);
        Duration limit = settings == null ? null : settings.deadline();
        CallSession session = service.destinations().session(request, chain.getCookieJar());
        Destination destination = service.destinations().of(request, chain.getCookieJar(), session);
        BalancedCall balanced =
                service.newCall(RepeatRules.describe(request, settings, timeoutNanos(chain, limit), destination));
        if (limit == null) {
            return send(chain, service, balanced, session, null);
        }
        Deadline deadline = Deadline.start(service.name(), limit, chain.call());
        try {
            return deadline.handOver(send(chain, service, balanced, session, deadline));
        } catch (IOException e) {
            deadline.stop();
            throw deadline.explain(e);
        } catch (Throwable e) {
            deadline.stop();
            throw e;
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

    private Response send(
            Chain chain,
            BalancedService service,
            BalancedCall balanced,
            @Nullable CallSession session,
            @Nullable Deadline deadline)
            throws IOException {
        Attempt first = null;
        if (!RepeatRules.mayHaveCompany(balanced, chain.request())) {
            CallProgress progress = chain.call().tag(PROGRESS, newProgress);
            progress.end(Outcome.SUCCESS); // of what an interceptor before ours has sent already
            first = pick(balanced, null);
            if (!RepeatRules.isToBeGuarded(balanced, chain.request())) {
                return OneByOne.send(chain, service, balanced, first, session, deadline, progress);
            }
        }
        HedgedCall race = hedged(chain, service, balanced, first, deadline);
        Response response = race.run();
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
            BalancedService service,
            BalancedCall balanced,
            @Nullable Attempt first,
            @Nullable Deadline deadline) {
        try {
            return new HedgedCall(chain, service, balanced, first, deadline, attempts);
        } catch (Throwable e) {
            if (first != null) {
                first.complete(HttpOutcomes.CALLER_FAILED);
            }
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

    /** Each setting costs an object, so none is made that changes nothing. OkHttp's own retries would repeat a POST behind our back. */
    static Chain pinned(Chain chain, PinnedEndpoint endpoint, boolean probe) {
        Chain pinned =
                chain.withDns(endpoint).withConnectionPool(endpoint.pool()).withRetryOnConnectionFailure(false);
        if (!(chain.getSocketFactory() instanceof EndpointSocketFactory)) { // changed after wrapping
            pinned = pinned.withSocketFactory(EndpointSocketFactory.around(chain.getSocketFactory()));
        }
        if (chain.getProxy() != null || !(chain.getProxySelector() instanceof ServiceProxySelector)) {
            pinned = pinned.withProxy(Proxy.NO_PROXY);
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
