package dev.evenkeel.lb;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * About how many sessions live at an endpoint, as far as this process knows: those that began there, each of which counts less as time passes.
 * Sessions with a token are remembered nowhere, so their beginnings are all that can be counted; and a table of sessions does not
 * know which will come back. Safe for use by many threads.
 */
final class SessionCount {
    private static final Count NONE = new Count(0, 0);

    private final AtomicReference<Count> latest = new AtomicReference<>(NONE);

    private record Count(double sessions, long atNanos) {
        double now(long ttlNanos, long nowNanos) {
            return sessions == 0 ? 0 : sessions * StrictMath.exp(-Math.max(0, nowNanos - atNanos) / (double) ttlNanos);
        }
    }

    /** Counts a session that begins, or takes one away that did not begin after all or went elsewhere. */
    void add(int sessions, long ttlNanos, long nowNanos) {
        latest.updateAndGet(before -> new Count(Math.max(0, before.now(ttlNanos, nowNanos) + sessions), nowNanos));
    }

    /** Returns how many there are; after the TTL one counts about a third. */
    double now(long ttlNanos, long nowNanos) {
        return Objects.requireNonNull(latest.get()).now(ttlNanos, nowNanos);
    }
}
