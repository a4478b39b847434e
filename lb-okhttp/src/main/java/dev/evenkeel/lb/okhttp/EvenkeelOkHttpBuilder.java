package dev.evenkeel.lb.okhttp;

import dev.evenkeel.lb.LoadBalancer;
import dev.evenkeel.lb.LoadBalancers;
import dev.evenkeel.lb.Sessions;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.time.Environment;
import dev.evenkeel.lb.time.Ticker;
import java.lang.ref.WeakReference;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import okhttp3.ConnectionSpec;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Describes an {@link EvenkeelOkHttp}. Every default is meant for production. Settings are checked when they are given, with an
 * {@link IllegalArgumentException} that names the setting, its value and what is allowed. Not safe for use by several threads.
 */
public final class EvenkeelOkHttpBuilder {
    private static final System.Logger LOG = System.getLogger(EvenkeelOkHttpBuilder.class.getName());
    private static final int STOCK_MAX_REQUESTS_PER_HOST = 5;

    private final OkHttpClient original;
    private final LoadBalancers services;
    private final List<HttpJudge> judgesOfAll = new ArrayList<>();
    private final Map<String, List<HttpJudge>> judges = new HashMap<>(); // by service
    private PoolSettings poolSettings = PoolSettings.DEFAULT;
    private final Map<String, OkHttpHealthCheck> checks = new HashMap<>(); // by service
    private final Map<String, Destinations> destinations = new HashMap<>(); // by service
    private @Nullable Dispatcher dispatcher;
    private @Nullable ConnectionAge connectionAge;
    private boolean proxiesForbidden;

    EvenkeelOkHttpBuilder(OkHttpClient original, LoadBalancers services) {
        OkHttpVersion.check();
        if (LoadBalancingInterceptor.find(original) != null) {
            throw new IllegalArgumentException(
                    "the client is balanced already; give all its services to one LoadBalancers, and wrap it once");
        }
        if (services.all().isEmpty()) {
            throw new IllegalArgumentException("services is empty, must hold at least one LoadBalancer");
        }
        this.original = original;
        this.services = services;
    }

    /**
     * Says what answers of all services mean, where that is not what their status says: see {@link HttpJudge}. May be called several times; the
     * first judge that says anything decides, one of the service before those of all.
     *
     * <p>By default 502, 503 and 504 are failures of the endpoint, for which idempotent requests are sent again elsewhere; a 429, and a 503 with
     * {@code Retry-After}, ask for less load; other statuses from 500 on are failures that are not repeated. A 408 was not processed, and is
     * sent again. Other statuses from 400 on refuse the request: not repeated, no failure, and no proof that the endpoint is well. All else is
     * good, redirects too.
     */
    public EvenkeelOkHttpBuilder judge(HttpJudge judge) {
        judgesOfAll.add(Objects.requireNonNull(judge, "judge"));
        return this;
    }

    /**
     * Says the same of one service.
     *
     * @throws IllegalArgumentException if it is none of the services
     */
    public EvenkeelOkHttpBuilder judge(String service, HttpJudge judge) {
        Objects.requireNonNull(judge, "judge");
        judges.computeIfAbsent(services.get(service).service(), name -> new ArrayList<>())
                .add(judge);
        return this;
    }

    /**
     * Sets the most idle connections that are kept to one endpoint, 0 or more; the default is 32. The client's own pool keeps serving
     * other hosts.
     */
    public EvenkeelOkHttpBuilder maxIdlePerEndpoint(int maxIdle) {
        poolSettings = new PoolSettings(maxIdle, poolSettings.keepAlive(), poolSettings.ticker());
        return this;
    }

    /**
     * Sets how long an idle connection to an endpoint is kept, at most 1 day; the default is 5 min. Less than the servers' own
     * keep-alive is best: then it is we who close, and not they just when a request is sent, which for a POST is a failure.
     */
    public EvenkeelOkHttpBuilder keepAlive(Duration keepAlive) {
        poolSettings = new PoolSettings(poolSettings.maxIdlePerEndpoint(), keepAlive, poolSettings.ticker());
        return this;
    }

    /** Sets by what it is known how long connections are idle. */
    EvenkeelOkHttpBuilder ticker(Ticker ticker) {
        poolSettings = new PoolSettings(poolSettings.maxIdlePerEndpoint(), poolSettings.keepAlive(), ticker);
        return this;
    }

    /**
     * Sets the dispatcher of the balanced client, with limits of its own for asynchronous calls. The default is the original client's,
     * unless that has OkHttp's limit of 5 to one host: as a service is one host, it would cap the whole service. Then it is another one on
     * the same threads, by which each service may have the original's {@code maxRequests} at a time, whatever other services have, and
     * hosts that are no service together have the original's limits.
     */
    public EvenkeelOkHttpBuilder dispatcher(Dispatcher newDispatcher) {
        dispatcher = Objects.requireNonNull(newDispatcher, "dispatcher");
        return this;
    }

    /**
     * Says that this client sends a health check, and no other: for several clients of one load balancer. The load balancer must have been given
     * it too, and if it was given none at all, that is logged. A check that no client was given is sent by the first that is built.
     *
     * @throws IllegalArgumentException if it is for none of the services, or there is one for its service already
     */
    public EvenkeelOkHttpBuilder healthCheck(OkHttpHealthCheck check) {
        services.get(check.service());
        if (checks.putIfAbsent(check.service(), check) != null) {
            throw new IllegalArgumentException("service " + check.service() + " has two health checks");
        }
        return this;
    }

    /**
     * Says what requests of a service have in common that should go to the same endpoint, by a policy that looks at keys; by default they
     * have no key. Requests without one go as that policy sends such requests.
     *
     * @throws IllegalArgumentException if it is none of the services
     */
    public EvenkeelOkHttpBuilder requestKey(String service, KeySource source) {
        String name = services.get(service).service();
        destinations.put(
                name,
                new Destinations(
                        new KeyReader(name, Objects.requireNonNull(source, "source")),
                        destinationsOf(name).sessions()));
        return this;
    }

    /**
     * Says how the sessions of a service are known: by the application's own cookie or header, as a rule. Where one lives is learnt from
     * who answers it first, or from an answer that sets the cookie, or has the header. Its load balancer must have sticky sessions.
     *
     * @throws IllegalArgumentException if it is none of the services, or has no sticky sessions, or has been told of others
     */
    public EvenkeelOkHttpBuilder sessionKey(String service, KeySource source) {
        Objects.requireNonNull(source, "source");
        return sessions(service, "sessionKey", (name, sessions) -> new KeyedSessions(name, sessions, source));
    }

    /**
     * Gives each client of a service a cookie that says where its session lives, in words that only we understand. It is added to a
     * response whose request had none, or one that is no longer good, and given to the client's own jar if there is one. Its load balancer
     * must have sticky sessions.
     *
     * @throws IllegalArgumentException if it is none of the services, or has no sticky sessions, or has been told of others; or if a
     *     cookie cannot have this name
     */
    public EvenkeelOkHttpBuilder sessionCookie(String service, String cookie) {
        return sessionCookie(service, SessionCookie.named(cookie));
    }

    /**
     * Does the same with a cookie that has attributes for browsers.
     *
     * @throws IllegalArgumentException if it is none of the services, or has no sticky sessions, or has been told of others
     */
    public EvenkeelOkHttpBuilder sessionCookie(String service, SessionCookie cookie) {
        return sessions(service, "sessionCookie", (name, sessions) -> new CookieSessions(name, sessions, cookie));
    }

    private EvenkeelOkHttpBuilder sessions(
            String service, String setting, BiFunction<String, Sessions, ServiceSessions> known) {
        LoadBalancer loadBalancer = services.get(service);
        String name = loadBalancer.service();
        Sessions sessions = loadBalancer.sessions();
        if (sessions == null) {
            throw new IllegalArgumentException(
                    setting + " of " + name
                            + " has no effect: call stickySessions(StickySessions.DEFAULT) on the builder of its load balancer");
        }
        Destinations before = destinationsOf(name);
        if (before.sessions() != null) {
            throw new IllegalArgumentException(name + " has two of sessionKey and sessionCookie, must have one");
        }
        destinations.put(name, new Destinations(before.keys(), known.apply(name, sessions)));
        return this;
    }

    private Destinations destinationsOf(String service) {
        return destinations.getOrDefault(service, Destinations.ANY);
    }

    /**
     * Sets how long a connection to an endpoint is used, give or take a tenth: 1 s to 1 day. By default there is no limit, and none is
     * needed where the list names the servers themselves; with names or L4 balancers in the list it lets load move to what is new behind
     * them. Streams that are open finish.
     */
    public EvenkeelOkHttpBuilder maxConnectionAge(Duration newMaxConnectionAge) {
        return maxConnectionAge(newMaxConnectionAge, Environment.system());
    }

    EvenkeelOkHttpBuilder maxConnectionAge(Duration newMaxConnectionAge, Environment environment) {
        connectionAge = new ConnectionAge(newMaxConnectionAge, environment);
        return this;
    }

    /**
     * Refuses to build a client that has a proxy for one of the services, instead of going past the proxy. For networks in which a proxy
     * is there because nothing may go past it.
     */
    public EvenkeelOkHttpBuilder forbidProxies() {
        proxiesForbidden = true;
        return this;
    }

    /**
     * Builds the client and starts following the lists of endpoints.
     *
     * @throws IllegalArgumentException if proxies are forbidden, and the client has one for a service
     */
    public EvenkeelOkHttp build() {
        if (proxiesForbidden) {
            services.all().forEach(service -> refuseProxy(service.service()));
        }
        Map<String, BalancedService> byName = new HashMap<>();
        ServiceDns names = new ServiceDns(byName, original.dns(), hasTlsFallback(original));
        for (LoadBalancer loadBalancer : services.all()) {
            byName.put(
                    loadBalancer.service(),
                    new BalancedService(loadBalancer, names, poolSettings, destinationsOf(loadBalancer.service())));
        }
        Anomalies anomalies = new Anomalies();
        OkHttpClient.Builder builder = original.newBuilder();
        if (connectionAge != null) {
            builder.addNetworkInterceptor(connectionAge);
        }
        if (EndpointSocketFactory.isPlain(original.socketFactory())) { // other hosts have the user's own as they are
            builder.socketFactory(EndpointSocketFactory.around(original.socketFactory(), names.addresses()));
        }
        OkHttpClient unbalanced = builder.proxySelector(
                        new ServiceProxySelector(Set.copyOf(byName.keySet()), original.proxySelector()))
                .dispatcher(dispatcher == null ? original.dispatcher() : dispatcher)
                .build();
        OkHttpClient.Builder balancing = unbalanced.newBuilder();
        Runnable callRuns = () -> {};
        if (dispatcher == null && original.dispatcher().getMaxRequestsPerHost() == STOCK_MAX_REQUESTS_PER_HOST) {
            Bulkheads bulkheads = new Bulkheads(byName.keySet(), original.dispatcher());
            callRuns = bulkheads::runs;
            balancing
                    .dispatcher(bulkheads.dispatcher())
                    .eventListenerFactory(bulkheads.listening(original.eventListenerFactory()));
        }
        Wrapping wrapping = new Wrapping(byName, anomalies);
        LoadBalancingInterceptor interceptor = new LoadBalancingInterceptor(
                wrapping, new HttpOutcomes(new HttpJudges(judges, judgesOfAll)), unbalanced, callRuns);
        OkHttpClient client = balancing.addInterceptor(interceptor).build();
        sendChecks(wrapping, client);
        WeakReference<LoadBalancingInterceptor> user = new WeakReference<>(interceptor);
        byName.values().forEach(service -> service.belongTo(user, wrapping::close));
        return new EvenkeelOkHttp(client, wrapping);
    }

    private static boolean hasTlsFallback(OkHttpClient client) {
        return client.connectionSpecs().stream().filter(ConnectionSpec::isTls).count() > 1;
    }

    /** Has the client send its checks, and those that have no client yet. */
    private void sendChecks(Wrapping wrapping, OkHttpClient client) {
        wrapping.services().forEach((service, balanced) -> {
            OkHttpHealthCheck given = checks.get(service);
            HealthCheck wanted = services.get(service).healthCheck().orElse(null);
            if (given != null) {
                given.use(new CheckClient(balanced, client));
                wrapping.sends(given);
                if (wanted == null) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            service + ": the health check " + given + " was given to the client and not to the load"
                                    + " balancer, so nothing is checked: call healthCheck on its builder, too");
                }
            }
            if (wanted instanceof OkHttpHealthCheck own
                    && own != given
                    && own.useIfFree(new CheckClient(balanced, client))) {
                wrapping.sends(own);
            }
        });
    }

    private void refuseProxy(String service) {
        Proxy set = original.proxy();
        for (String scheme : List.of("http", "https")) {
            List<Proxy> proxies = set == null
                    ? original.proxySelector().select(URI.create(scheme + "://" + service + "/"))
                    : List.of(set);
            for (Proxy proxy : proxies) {
                if (proxy.type() != Proxy.Type.DIRECT) {
                    throw new IllegalArgumentException("the client has a proxy for " + service + ", " + proxy
                            + ", which requests to its endpoints would go past; proxies are forbidden");
                }
            }
        }
    }
}
