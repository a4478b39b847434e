package dev.evenkeel.lb;

import dev.evenkeel.lb.observe.Event;
import dev.evenkeel.lb.observe.LoadBalancerListener;

/** Writes one log line for each change, under the name {@code dev.evenkeel.lb}; what a list of servers does wrong is a warning. */
final class EventLog implements LoadBalancerListener {
    private static final System.Logger LOG = System.getLogger("dev.evenkeel.lb");

    @Override
    public void onEvent(Event event) {
        LOG.log(level(event.type()), event.toString());
    }

    /** Returns whether an event of this type would be seen in the log. */
    static boolean isLogged(Event.Type type) {
        return LOG.isLoggable(level(type));
    }

    private static System.Logger.Level level(Event.Type type) {
        return switch (type) {
            case STALE,
                    LIST_HELD,
                    DUPLICATES,
                    ENTRIES_LEFT_OUT,
                    UNCHECKED,
                    SPLIT_UNMATCHED,
                    PANIC_ENTERED,
                    BUDGET_EXHAUSTED -> System.Logger.Level.WARNING;
            case UNAVAILABLE, AVAILABLE, SUSPECTED, AVOIDED, NO_LONGER_AVOIDED, FRESH, SPLIT_MATCHED, PANIC_LEFT ->
                System.Logger.Level.INFO;
            case ADDED, CHANGED, REMOVED, DRAINED, SUBSET_CHANGED, RETRY, HEDGE, CLOSED -> System.Logger.Level.DEBUG;
        };
    }
}
