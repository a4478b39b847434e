package dev.evenkeel.lb.endpoint;

import dev.evenkeel.lb.time.Environment;
import java.util.Arrays;
import java.util.List;

/**
 * Where the list of a service's endpoints comes from, and keeps coming from as it changes.
 *
 * <p>A source reports whole lists, never differences, and reports failure rather than guessing: the core keeps the last good list.
 * One source may be subscribed to several times; each subscription is independent. Implementations are safe for use by many threads.
 */
public interface EndpointSource {
    /** Returns a source that reports this list once: {@code of("10.0.0.1:8080", "10.0.0.2:8080")}. */
    static EndpointSource of(String... addresses) {
        return of(Arrays.stream(addresses).map(Endpoint::of).toList());
    }

    /** Returns a source that reports this list once. */
    static EndpointSource of(List<Endpoint> endpoints) {
        return new StaticEndpointSource(endpoints);
    }

    /**
     * Starts reporting to {@code listener}, until the subscription is closed. Must not block: whatever may wait belongs on
     * {@link Environment#blocking()}. What it throws is reported as a failure of the source.
     */
    Subscription subscribe(Listener listener, Environment environment);

    /**
     * Returns whether every list is an order rather than an observation. The core obeys an order at once; an observation that
     * suddenly loses most endpoints, or all of them, is first held for a while, because discovery errs more often than fleets vanish.
     */
    default boolean isAuthoritative() {
        return false;
    }

    /** Receives what a source finds. Safe for use by many threads; never throws and never blocks. */
    interface Listener {
        /** Takes the complete current list. It may be empty and may hold duplicates. */
        void onEndpoints(List<Endpoint> endpoints);

        /**
         * Takes the complete current list as far as it can be used, and what was left out of it. The load balancer tells its listeners what that
         * was; other listeners need not care.
         */
        default void onEndpoints(List<Endpoint> endpoints, Omissions omissions) {
            onEndpoints(endpoints);
        }

        /** Learns that the list could not be had, and why, in words for a person. The last good list stays in use. */
        void onFailure(String reason);
    }

    /** A running report. */
    @FunctionalInterface
    interface Subscription extends AutoCloseable {
        /** Ends the reports and frees what they held. Doing it twice changes nothing. Does not block. */
        @Override
        void close();
    }
}
