package dev.evenkeel.lb.observe;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * Something changed in how a service is balanced.
 *
 * @param type what changed
 * @param service the service's name
 * @param endpoint the endpoint that it is about; null when it is about the whole service
 * @param detail why, and until when, in words for a person and on one line; may be empty
 */
public record Event(Type type, String service, @Nullable Endpoint endpoint, String detail) {
    public Event {
        detail = OneLine.of(detail);
    }

    /** Returns one line for a log. */
    @Override
    public String toString() {
        return service + ": " + type + (endpoint == null ? "" : " " + endpoint)
                + (detail.isEmpty() ? "" : " – " + detail);
    }

    /** The kinds of change. */
    public enum Type {
        /** An endpoint joined the list. */
        ADDED,
        /** An endpoint stayed, but its description changed: weight, metadata, … */
        CHANGED,
        /** An endpoint left the list; what is in flight there may finish. */
        REMOVED,
        /** An endpoint that drains or was removed has nothing in flight any more. */
        DRAINED,
        /**
         * An endpoint is out: nothing new goes there. The detail names the reasons. Without an endpoint the service is: its circuit
         * breaker is open, and picks fail.
         */
        UNAVAILABLE,
        /** An endpoint is back, or without an endpoint the service is. */
        AVAILABLE,
        /**
         * An endpoint stands out, but is not taken out: the detail says how, and what is done or why not. Or a circuit breaker, its own
         * or without an endpoint the service's, is half-open: a few attempts try whether it may close.
         */
        SUSPECTED,
        /**
         * An available endpoint gets less than half of its share, as its answers look far slower than its peers': the detail says how slow. It is
         * tried again by single attempts.
         */
        AVOIDED,
        /** An endpoint that was avoided has its share again, or is out; the detail says which. */
        NO_LONGER_AVOIDED,
        /**
         * Health checks of an endpoint find out nothing, several times in a row, and so hold nothing against it. The detail says why, and what to
         * do. Announced once for each reason, for the endpoint where it was seen first.
         */
        UNCHECKED,
        /** The source fails or is silent; the last good list stays in use. */
        STALE,
        /** The source delivers again, or at first nothing. */
        FRESH,
        /** A list that lost suspiciously many endpoints is not believed yet: for the time in the detail, no endpoint is removed. */
        LIST_HELD,
        /** The list names an endpoint more than once; the last one counts. */
        DUPLICATES,
        /** The list has entries that cannot be used, and the others are used. The detail says how many, and what is wrong with them. */
        ENTRIES_LEFT_OUT,
        /** The list is long, and this client uses other endpoints of it than before. */
        SUBSET_CHANGED,
        /** A split names a subset that no endpoint is in, so its share goes to others. The detail says which subsets there are. */
        SPLIT_UNMATCHED,
        /** An endpoint of such a subset has come, or the split does not name it any more. */
        SPLIT_MATCHED,
        /** So few endpoints are available that all that could work are used. */
        PANIC_ENTERED,
        /** Enough endpoints are available again. */
        PANIC_LEFT,
        /** An attempt is being repeated. */
        RETRY,
        /** An attempt is made at another endpoint, while the call still waits for this one. */
        HEDGE,
        /** A retry was refused because the budget is spent; announced at most once a budget window. */
        BUDGET_EXHAUSTED,
        /** The load balancer was closed, and picks fail from now on. */
        CLOSED
    }
}
