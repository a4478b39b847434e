package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.endpoint.Locality;
import dev.evenkeel.lb.health.CheckSchedule;
import dev.evenkeel.lb.health.ConnectBackoff;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.health.OutlierDetection;
import dev.evenkeel.lb.health.SlowStart;
import dev.evenkeel.lb.locality.MetadataSubsets;
import dev.evenkeel.lb.locality.RegionOrder;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.locality.Subsetting;
import dev.evenkeel.lb.locality.ZoneAffinity;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.policy.LoadBalancingPolicy;
import dev.evenkeel.lb.policy.LoadMetric;
import dev.evenkeel.lb.retry.Hedging;
import dev.evenkeel.lb.retry.RetryBudget;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.time.Environment;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Describes a {@link LoadBalancer}. Only {@link #endpoints} must be set; every default is meant for production. Settings are checked
 * when they are given or at {@link #build()}, with an {@link IllegalArgumentException} that names the setting, its value and what is
 * allowed. Not safe for use by several threads.
 */
public final class LoadBalancerBuilder {
    private final String service;
    private final List<LoadBalancerListener> listeners = new ArrayList<>();
    private @Nullable EndpointSource source;
    private LoadBalancingPolicy policy = LoadBalancingPolicy.leastLoaded(LoadMetric.PEAK_EWMA);
    private RetryPolicy retry = RetryPolicy.DEFAULT;
    private RetryBudget.Settings retryBudget = RetryBudget.Settings.DEFAULT;
    private HedgeSettings hedges = HedgeSettings.NONE;
    private ConnectBackoff connectBackoff = ConnectBackoff.DEFAULT;
    private OutlierDetection outliers = OutlierDetection.DEFAULT;
    private SlowStart slowStart = SlowStart.DEFAULT;
    private ActiveChecks checks = ActiveChecks.OFF;
    private Limits limits = Limits.NONE;
    private Places places = Places.DEFAULT;
    private double panicThreshold = 0.5;
    private Duration listHold = Duration.ofSeconds(30);
    private Duration firstListTimeout = Duration.ofSeconds(5);
    private Duration memory = Duration.ofMinutes(10);
    private @Nullable StickySessions sessions; // null is off
    private Environment environment = Environment.system();

    LoadBalancerBuilder(String service) {
        this.service = service;
    }

    /** Sets where the list of endpoints comes from. */
    public LoadBalancerBuilder endpoints(EndpointSource newSource) {
        source = newSource;
        return this;
    }

    /** Sets how endpoints are picked; the default is the less loaded of two, by latency and queue. */
    public LoadBalancerBuilder policy(LoadBalancingPolicy newPolicy) {
        policy = Objects.requireNonNull(newPolicy, "policy");
        return this;
    }

    /** Sets which failures are repeated and how often; the default is three attempts in all. */
    public LoadBalancerBuilder retry(RetryPolicy newRetry) {
        retry = Objects.requireNonNull(newRetry, "retry");
        return this;
    }

    /** Sets how many retries the whole service may make; the default is 20 % of successes, or 0.3 a second where that is more. */
    public LoadBalancerBuilder retryBudget(RetryBudget.Settings newRetryBudget) {
        retryBudget = Objects.requireNonNull(newRetryBudget, "retryBudget");
        return this;
    }

    /**
     * Makes a second attempt at another endpoint when the first takes longer than most, and takes whichever answer comes first; off by
     * default. Adapters say what it costs them.
     *
     * @param newHedging for a start, {@link Hedging#DEFAULT}
     */
    public LoadBalancerBuilder hedging(Hedging newHedging) {
        hedges = hedges.withHedging(Objects.requireNonNull(newHedging, "hedging"));
        return this;
    }

    /**
     * Sets how long an attempt may take before another endpoint is tried beside it, 1 ms to 1 day; by default there is no limit but the
     * call's own. It throws nothing away: the attempt goes on and the first answer is taken, and where the request must not be sent twice,
     * or the retry budget has no token, the call just waits on, until its own time is over. An attempt that has not answered when another
     * one does has failed if its time is over.
     */
    public LoadBalancerBuilder attemptTimeout(Duration newAttemptTimeout) {
        hedges = hedges.withAttemptTimeout(Objects.requireNonNull(newAttemptTimeout, "attemptTimeout"));
        return this;
    }

    /**
     * Sets whether attempts are made beside others also while the service as a whole is slow: while most first attempts are late, or the
     * median latency is half as long again as it lately was. By default they are not, because where capacity is short they make it
     * shorter. It is for a service that has plenty, and whose latency changes with what it is asked for, so that it looks slow when it
     * is not.
     */
    public LoadBalancerBuilder hedgeWhileSlow(boolean newHedgeWhileSlow) {
        hedges = hedges.withWhileSlow(newHedgeWhileSlow);
        return this;
    }

    /** Sets how long an endpoint that refuses connections stays out; the default is 1 s, doubling to 30 s. */
    public LoadBalancerBuilder connectBackoff(ConnectBackoff newConnectBackoff) {
        connectBackoff = Objects.requireNonNull(newConnectBackoff, "connectBackoff");
        return this;
    }

    /**
     * Sets how endpoints that stand out by failures or latency are found and what is done about them; by default all detectors judge, and
     * at most 30 % of the endpoints are ejected at a time.
     */
    public LoadBalancerBuilder outliers(OutlierDetection newOutliers) {
        outliers = Objects.requireNonNull(newOutliers, "outliers");
        return this;
    }

    /**
     * Sets how an endpoint that joins or returns takes up its share; the default is a ramp from 10 % over 30 s. Policies that ignore
     * weights ignore it.
     */
    public LoadBalancerBuilder slowStart(SlowStart newSlowStart) {
        slowStart = Objects.requireNonNull(newSlowStart, "slowStart");
        return this;
    }

    /** Checks every endpoint by {@link CheckSchedule#DEFAULT}; see {@link #healthCheck(HealthCheck, CheckSchedule)}. */
    public LoadBalancerBuilder healthCheck(HealthCheck check) {
        return healthCheck(check, CheckSchedule.DEFAULT);
    }

    /**
     * Sets how every endpoint is asked whether it is well, and how often. By default none is: requests find out by themselves who
     * refuses them and who fails. A check finds out before any request does, and knows of illnesses that requests do not show.
     */
    public LoadBalancerBuilder healthCheck(HealthCheck check, CheckSchedule schedule) {
        checks = new ActiveChecks(Objects.requireNonNull(check, "check"), Objects.requireNonNull(schedule, "schedule"));
        return this;
    }

    /**
     * Gives each endpoint a circuit breaker; the default is none, because outlier detection does the same with less to set. While it is
     * open the endpoint is left out, on suspicion like an ejected one and under the same cap; while it is half-open the permitted number
     * of ordinary requests try it. The time that it stays open is the config's, ± 10 %. What counts as a failure is for the {@link dev.evenkeel.lb.call.Outcome} to say: predicates on exceptions
     * and results are not asked, nor are the config's clock and its automatic transition.
     *
     * @param config for a start, {@link dev.evenkeel.lb.limit.Breaker#DEFAULT}
     * @throws IllegalArgumentException if the config's initial state is not closed, or its window is lock-free and by time
     */
    public LoadBalancerBuilder endpointBreaker(CircuitBreakerConfig config) {
        limits = limits.withEndpointBreaker(Objects.requireNonNull(config, "endpointBreaker"));
        return this;
    }

    /**
     * Gives the service a circuit breaker, fed by the attempts at all its endpoints; the default is none. While it is open no attempt is
     * made and {@link BalancedCall#nextAttempt} fails at once. The config is used as by {@link #endpointBreaker}.
     */
    public LoadBalancerBuilder serviceBreaker(CircuitBreakerConfig config) {
        limits = limits.withServiceBreaker(Objects.requireNonNull(config, "serviceBreaker"));
        return this;
    }

    /**
     * Sets how many attempts may be in flight at each endpoint, 1 to 1,000,000; the default is any number. Whatever the policy, an
     * endpoint that has as many is passed over; when all have, {@link BalancedCall#nextAttempt} fails at once and nothing waits. The limit
     * is exact, except that an endpoint which refused a connection is tried again by one request beside those still in flight.
     */
    public LoadBalancerBuilder maxInFlightPerEndpoint(int newMax) {
        limits = limits.withMaxInFlightPerEndpoint(newMax);
        return this;
    }

    /**
     * Sets how many attempts may be in flight at all endpoints together, 1 to 1,000,000; the default is any number. One more fails at
     * once.
     */
    public LoadBalancerBuilder maxInFlight(int newMax) {
        limits = limits.withMaxInFlight(newMax);
        return this;
    }

    /**
     * Sets where this client runs. By default that is not known and all endpoints of a priority are alike. With a zone, more of the traffic
     * stays in it ({@link #zoneAffinity}); with a region, other regions are used only as far as endpoints of this one are out.
     *
     * @param own spelt as discovery spells it
     */
    public LoadBalancerBuilder locality(Locality own) {
        places = places.in(Objects.requireNonNull(own, "locality"));
        return this;
    }

    /** Sets how much traffic stays in this client's zone; the default is as much as loads no server above 1.3 times the mean. */
    public LoadBalancerBuilder zoneAffinity(ZoneAffinity newZones) {
        places = places.with(Objects.requireNonNull(newZones, "zoneAffinity"));
        return this;
    }

    /** Sets in which order regions are used; this client's own comes first, and those that are not named come last. */
    public LoadBalancerBuilder regionOrder(String... regions) {
        places = places.with(new RegionOrder(List.of(regions)));
        return this;
    }

    /**
     * Sets how much more than its share an endpoint can take while others of its priority are out, 1 to 100; the default is 1.4. With it a
     * priority keeps all traffic until fewer than 72 % of its endpoints are available, and what it loses then spills to the next.
     */
    public LoadBalancerBuilder overprovisioning(double newOverprovisioning) {
        places = places.overprovisioned(newOverprovisioning);
        return this;
    }

    /**
     * Sets how many of many endpoints are used; the default is 100 of more than 200, and all with a policy that looks at keys. A list is
     * divided by the ids of clients and endpoints, see {@link #clientId}.
     */
    public LoadBalancerBuilder subsetting(Subsetting newSubsetting) {
        places = places.with(Objects.requireNonNull(newSubsetting, "subsetting"));
        return this;
    }

    /**
     * Sets the name by which this client chooses its endpoints from a long list: different for each client, and the same after a restart,
     * such as a host's or a pod's. The default is random, which spreads clients as well but not the same way after a restart.
     */
    public LoadBalancerBuilder clientId(String newClientId) {
        places = places.client(Objects.requireNonNull(newClientId, "clientId"));
        return this;
    }

    /** Sets by which metadata requests may ask for endpoints, and what happens where nobody has them; by default they may not ask. */
    public LoadBalancerBuilder subsets(MetadataSubsets newSubsets) {
        places = places.with(Objects.requireNonNull(newSubsets, "subsets"));
        return this;
    }

    /**
     * Sets how requests that ask for no subset are divided between subsets, at first: see {@link LoadBalancer#setSplit}. By default they go
     * to all endpoints alike.
     */
    public LoadBalancerBuilder split(Split newSplit) {
        places = places.with(Objects.requireNonNull(newSplit, "split"));
        return this;
    }

    /**
     * Sets the share of available endpoints below which all are used that could work, because then it is likelier that our judgement is
     * wrong than that so many are broken. 0 to 1; the default is 0.5, and 0 turns panic off.
     */
    public LoadBalancerBuilder panicThreshold(double newPanicThreshold) {
        panicThreshold = newPanicThreshold;
        return this;
    }

    /**
     * Sets how long an empty list must be all that the source reports before it is believed. A list that lost more than half of its endpoints is
     * believed after a third of that, or after all of it while it goes on changing much. Until then no endpoint is removed, and new ones are
     * used at once. The default is 30 s; zero believes everything. It does not concern sources that give orders, see
     * {@link EndpointSource#isAuthoritative}.
     */
    public LoadBalancerBuilder listHold(Duration newListHold) {
        listHold = Objects.requireNonNull(newListHold, "listHold");
        return this;
    }

    /**
     * Sets how long after {@link #build()} calls wait for a list if the source has not told one yet, 0 to 60 s; the default is 5 s. A call waits no
     * longer than its own time, and fails at once where the source says that there are no endpoints. After that, calls fail at once until there
     * is a list. 0 lets them fail from the beginning.
     */
    public LoadBalancerBuilder firstListTimeout(Duration newFirstListTimeout) {
        firstListTimeout = Objects.requireNonNull(newFirstListTimeout, "firstListTimeout");
        return this;
    }

    /** Sets how long an endpoint that left the list is remembered; the default is 10 min, for at most 10,000 endpoints. */
    public LoadBalancerBuilder memory(Duration newMemory) {
        memory = Objects.requireNonNull(newMemory, "memory");
        return this;
    }

    /**
     * Keeps requests of a session at the endpoint where it began; off by default. What makes up a session is said to the adapter.
     *
     * @param newSessions for a start, {@link StickySessions#DEFAULT}
     */
    public LoadBalancerBuilder stickySessions(StickySessions newSessions) {
        sessions = Objects.requireNonNull(newSessions, "stickySessions");
        return this;
    }

    /** Adds a listener, which hears of everything from the first list on. */
    public LoadBalancerBuilder listener(LoadBalancerListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return this;
    }

    /** Sets clock, timers, threads and randomness; the default is {@link Environment#system()}. */
    public LoadBalancerBuilder environment(Environment newEnvironment) {
        environment = Objects.requireNonNull(newEnvironment, "environment");
        return this;
    }

    /**
     * Builds the load balancer and starts watching its source. Does not wait for the first list, for which the first calls do, see {@link
     * #firstListTimeout}; where a start should fail early, {@link LoadBalancer#awaitReady} does.
     *
     * @throws IllegalArgumentException if a setting is missing or not allowed
     * @throws IllegalStateException if the source does not start
     */
    public LoadBalancer build() {
        if (source == null) {
            throw new IllegalArgumentException(
                    service
                            + " has no endpoints: call endpoints(EndpointSource.of(\"10.0.0.1:8080\", …)) or give another source");
        }
        Settings settings = new Settings(
                policy,
                retry,
                retryBudget,
                hedges,
                connectBackoff,
                outliers,
                slowStart,
                checks,
                limits,
                places,
                panicThreshold,
                listHold,
                firstListTimeout,
                memory,
                sessions);
        return new LoadBalancer(service, settings, source, listeners, environment);
    }
}
