package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.limit.Breaker;
import dev.evenkeel.lb.limit.InFlightLimit;
import dev.evenkeel.lb.time.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of circuit breakers and limits in flight, checked; null is off.
 *
 * @param endpointBreaker each endpoint's breaker
 * @param serviceBreaker the one breaker of the service
 * @param maxInFlightPerEndpoint how many attempts may be in flight at each endpoint
 * @param maxInFlight how many in all
 */
record Limits(
        @Nullable CircuitBreakerConfig endpointBreaker,
        @Nullable CircuitBreakerConfig serviceBreaker,
        @Nullable InFlightLimit maxInFlightPerEndpoint,
        @Nullable InFlightLimit maxInFlight) {
    static final Limits NONE = new Limits(null, null, null, null);

    Limits withEndpointBreaker(CircuitBreakerConfig config) {
        return new Limits(
                Breaker.checked("endpointBreaker", config), serviceBreaker, maxInFlightPerEndpoint, maxInFlight);
    }

    Limits withServiceBreaker(CircuitBreakerConfig config) {
        return new Limits(
                endpointBreaker, Breaker.checked("serviceBreaker", config), maxInFlightPerEndpoint, maxInFlight);
    }

    Limits withMaxInFlightPerEndpoint(int max) {
        return new Limits(endpointBreaker, serviceBreaker, limit("maxInFlightPerEndpoint", max), maxInFlight);
    }

    Limits withMaxInFlight(int max) {
        return new Limits(endpointBreaker, serviceBreaker, maxInFlightPerEndpoint, limit("maxInFlight", max));
    }

    private static InFlightLimit limit(String setting, int max) {
        if (max < 1 || max > InFlightLimit.MOST) {
            throw new IllegalArgumentException(setting + " is " + max + ", must be 1 to " + InFlightLimit.MOST);
        }
        return new InFlightLimit(max);
    }

    /** Makes the node of an endpoint that has not been seen before. */
    TrackedNode newNode(Endpoint endpoint, Ticker ticker, Usual usual) {
        Breaker breaker = endpointBreaker == null ? null : new Breaker(endpointBreaker, ticker);
        return new TrackedNode(endpoint, usual, maxInFlightPerEndpoint, breaker);
    }

    /** Makes what every attempt must pass, or null where nothing is set. */
    @Nullable
    ServiceGate newGate(Cluster cluster, String service, BreakerTimer timer, Ticker ticker) {
        if (serviceBreaker == null && maxInFlight == null) {
            return null;
        }
        Breaker breaker = serviceBreaker == null ? null : new Breaker(serviceBreaker, ticker);
        return new ServiceGate(cluster, service, timer, maxInFlight, breaker);
    }

    void describe(Map<String, String> all) {
        all.put("endpointBreaker", text(endpointBreaker));
        all.put("serviceBreaker", text(serviceBreaker));
        all.put("maxInFlightPerEndpoint", text(maxInFlightPerEndpoint));
        all.put("maxInFlight", text(maxInFlight));
    }

    private static String text(@Nullable CircuitBreakerConfig config) {
        return config == null ? "OFF" : Breaker.describe(config);
    }

    private static String text(@Nullable InFlightLimit limit) {
        return limit == null ? "OFF" : String.valueOf(limit.max());
    }
}
