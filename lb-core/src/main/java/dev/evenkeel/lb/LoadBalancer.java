package dev.evenkeel.lb;

import dev.evenkeel.lb.call.RequestInfo;
import dev.evenkeel.lb.endpoint.EndpointSource;
import dev.evenkeel.lb.health.HealthCheck;
import dev.evenkeel.lb.locality.Split;
import dev.evenkeel.lb.observe.EndpointStatus;
import dev.evenkeel.lb.observe.LoadBalancerListener;
import dev.evenkeel.lb.retry.RetryPolicy;
import dev.evenkeel.lb.text.OneLine;
import dev.evenkeel.lb.time.Environment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Balances the requests of this process over the endpoints of one service.
 *
 * <p>Make one for each service and share it between all clients of that service, whatever their protocol: then they share what is
 * learnt of the endpoints, and one retry budget. Safe for use by many threads. Close it when it is no longer needed; until then it
 * watches its source of endpoints.
 */
public final class LoadBalancer implements AutoCloseable {
    private final String service;
    private final EndpointSource source;
    private final Engine engine;
    private final LoadBalancerView plainView;
    private final EndpointSource.Subscription subscription;

    LoadBalancer(
            String service,
            Settings settings,
            EndpointSource source,
            List<LoadBalancerListener> listeners,
            Environment environment) {
        this.service = service;
        this.source = source;
        this.engine = new Engine(service, settings, source, environment);
        listeners.forEach(engine.announcer::add);
        this.plainView = LoadBalancerView.connectingOnDemand(engine);
        engine.outliers.start();
        try {
            this.subscription = source.subscribe(engine.list, environment);
        } catch (RuntimeException e) {
            engine.close();
            throw new IllegalStateException(
                    OneLine.of(service + ": the endpoint source " + source + " does not start: " + e.getMessage()), e);
        }
        engine.awaitFirstList();
    }

    /**
     * Begins to describe a load balancer.
     *
     * @param service the logical name that clients use in URLs, such as {@code orders.svc}; not an IP address and without a port. Use
     *     one with a dot for TLS: the JDK sends no SNI for a name without one
     * @throws IllegalArgumentException if the name is not a DNS name
     */
    public static LoadBalancerBuilder builder(String service) {
        return new LoadBalancerBuilder(ServiceName.checked(service));
    }

    /** Returns the logical name of the service, in lower case. */
    public String service() {
        return service;
    }

    /** Returns which failed attempts are repeated, and how often. */
    public RetryPolicy retryPolicy() {
        return engine.settings.retry();
    }

    /** Returns whether attempts may be made beside others that are waited for: hedging or an attempt timeout is set. */
    public boolean mayHedge() {
        return engine.hedges != null;
    }

    /** Begins a call. Costs next to nothing and needs no closing; only its attempts must be completed. */
    public BalancedCall newCall(RequestInfo request) {
        return plainView.newCall(request);
    }

    /**
     * Waits until requests can be sent: there is a list, and somebody in it to pick.
     *
     * @throws NoEndpointException if that is not so in time, or the thread is interrupted (it stays so); the message says what is missing
     */
    public void awaitReady(Duration timeout) {
        try {
            if (!engine.cluster.await(plainView::hasCandidates, TimeUnit.NANOSECONDS.convert(timeout))) {
                throw Shortage.afterWaiting(
                        plainView, "not ready after " + Text.seconds(TimeUnit.NANOSECONDS.convert(timeout)) + ": ");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NoEndpointException(
                    NoEndpointException.Reason.NOBODY, service + ": interrupted while waiting to be ready");
        }
    }

    /**
     * Returns whether calls should be held back, as the source has not told a list yet and {@link LoadBalancerBuilder#firstListTimeout} has
     * not passed. A call that is made all the same finds no endpoint. For adapters.
     */
    public boolean isFirstListAwaited() {
        return engine.firstList.isAwaited();
    }

    /**
     * Returns what completes, never exceptionally, as soon as {@link #isFirstListAwaited} is over. What depends on it is run on a thread that may
     * block, or that of {@link #close}.
     */
    public CompletionStage<Void> firstList() {
        return engine.firstList.whenOver();
    }

    /**
     * Returns why there are no endpoints, in words: the list is empty, or could not be had in time, or the load balancer is closed. Else it is
     * empty while there are some, and as long as the first list is waited for.
     */
    public Optional<String> whyEmpty() {
        return engine.whyEmpty();
    }

    /** Returns every endpoint in the list with its state. */
    public List<EndpointStatus> endpoints() {
        return plainView.endpoints();
    }

    /** Returns how endpoints are asked whether they are well, if they are; see {@link LoadBalancerBuilder#healthCheck}. */
    public Optional<HealthCheck> healthCheck() {
        return Optional.ofNullable(engine.settings.checks().check());
    }

    /**
     * Forgets what health checks have found out, for when nothing sends them any more: endpoints that were out for it are back, and take up their
     * shares slowly. Where checks go on, they find it out again.
     */
    public void forgetHealthChecks() {
        engine.checks.forget();
    }

    /** Returns where sessions live; null unless {@link LoadBalancerBuilder#stickySessions} was called. */
    public @Nullable Sessions sessions() {
        return engine.sessions;
    }

    /** Returns the state of the service and every effective setting, a line each. */
    public String describe() {
        StringBuilder text = new StringBuilder(service);
        Candidates candidates = plainView.candidates();
        line(
                text,
                "endpoints",
                source + ": " + engine.describeList() + ", " + candidates.available() + " available"
                        + (candidates.panic() ? ", PANIC" : "") + engine.describeGate() + engine.describeSessions());
        String traffic = plainView.describeTraffic();
        if (!traffic.isEmpty()) {
            line(text, "traffic", traffic);
        }
        long lost = engine.announcer.lost();
        if (lost > 0) {
            line(text, "events", lost + " lost, as listeners are too slow");
        }
        String avoided = describeAvoided();
        if (!avoided.isEmpty()) {
            line(text, "avoided", avoided);
        }
        Map<String, String> settings = engine.settings.describe();
        Split first = engine.settings.places().split();
        Split split = split();
        if (!split.equals(first)) {
            settings.put("split", split + ", at first " + first);
        }
        settings.forEach((name, value) -> line(text, name, value));
        return text.toString();
    }

    private String describeAvoided() {
        List<EndpointStatus> avoided = endpoints().stream()
                .filter(status -> !status.avoidance().isEmpty())
                .toList();
        return avoided.isEmpty()
                ? ""
                : Text.some(
                        avoided,
                        status -> status.endpoint().id() + ": " + status.avoidance() + ", has "
                                + ShareWatch.percent(status.share()) + " of " + ShareWatch.percent(status.fairShare()));
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append('\n').append("  ").append(name).append(" = ").append(OneLine.of(value));
    }

    /**
     * Orders an endpoint to take nothing new, and finish what it has. Holds until {@link #undrain}, also when the endpoint leaves the
     * list and comes back.
     *
     * @throws IllegalArgumentException if no endpoint in the list has this id
     */
    public void drain(String endpointId) {
        engine.drains.order(endpointId, true);
    }

    /**
     * Takes back what {@link #drain} ordered.
     *
     * @throws IllegalArgumentException if no endpoint in the list has this id
     */
    public void undrain(String endpointId) {
        engine.drains.order(endpointId, false);
    }

    /**
     * Orders a zone to take nothing new, and finish what it has. Holds until {@link #restoreZone}, also for endpoints that join it. Should all
     * zones be evacuated, nobody is left to pick.
     *
     * @throws IllegalArgumentException if no endpoint in the list is in this zone, naming those there are
     */
    public void evacuateZone(String zone) {
        engine.drains.orderZone(zone, true);
    }

    /**
     * Takes back what {@link #evacuateZone} ordered. The zone's endpoints take up their shares as slowly as if they had joined.
     *
     * @throws IllegalArgumentException if the zone neither is evacuated nor has endpoints
     */
    public void restoreZone(String zone) {
        engine.drains.orderZone(zone, false);
    }

    /**
     * Divides requests that ask for no subset between subsets from now on, such as 5 % to a canary. What is known of endpoints stays known.
     *
     * @param split {@link Split#NONE} for no division
     * @throws IllegalArgumentException if it names a subset that requests may not ask for
     */
    public void setSplit(Split split) {
        engine.settings.places().checkSplit(split);
        engine.cluster.split(split);
    }

    /** Returns how requests that ask for no subset are divided just now: the latest {@link #setSplit}, or what the builder was told. */
    public Split split() {
        return engine.cluster.split();
    }

    /**
     * Opens a view for a transport that reports which endpoints it is connected to. Nothing is ready in it at first.
     *
     * @param onChange is run after the view's candidates may have changed, once for several changes at a time, without a lock and on a thread of
     *     {@link Environment#listeners}
     */
    public LoadBalancerView openView(Runnable onChange) {
        return LoadBalancerView.reportingReadiness(engine, plainView, onChange);
    }

    /** Adds a listener; closing the returned registration takes it away again. */
    public Registration addListener(LoadBalancerListener listener) {
        return engine.announcer.add(listener)::run;
    }

    /** A listener's place, until it is closed. */
    @FunctionalInterface
    public interface Registration extends AutoCloseable {
        /** Takes the listener away. Doing it twice changes nothing. */
        @Override
        void close();
    }

    /**
     * Stops watching the source, and ends all timers. Calls that are under way may finish; new picks fail. Doing it twice changes nothing. What the
     * source throws when it is no longer watched is thrown here, when everything else is closed.
     */
    @Override
    public void close() {
        try {
            subscription.close();
        } finally {
            engine.close();
        }
    }

    /** Returns {@link #describe()}. */
    @Override
    public String toString() {
        return describe();
    }
}
