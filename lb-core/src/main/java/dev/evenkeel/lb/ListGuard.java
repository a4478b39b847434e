package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the list of one service honest: which lists are believed, which are held for a while, and how old the last good one is.
 * Used under the cluster's lock.
 *
 * <p>Discovery errs more often than fleets vanish. So a list that is suddenly empty is believed only after a while, and one that lost
 * more than half of its endpoints only when the next list, or that while, confirms it.
 */
final class ListGuard {
    private final boolean believesAll;
    private final long holdNanos;

    private boolean known; // whether there was ever a list
    private @Nullable String failure; // why the source fails now
    private long failingSinceNanos; // means nothing without a failure
    private @Nullable List<Endpoint> held;
    private long heldSinceNanos; // means nothing without a held list

    ListGuard(boolean believesAll, long holdNanos) {
        this.believesAll = believesAll;
        this.holdNanos = holdNanos;
    }

    /** Takes a list from the source, and returns the one to use now; empty to stay with what there is. */
    Optional<List<Endpoint>> onList(List<Endpoint> list, int current, long nowNanos) {
        failure = null;
        boolean shrunk = list.size() * 2 < current;
        boolean confirmed = held != null && (isOver(nowNanos) || !list.isEmpty());
        if (believesAll || !known || !shrunk || confirmed) {
            known = true;
            held = null;
            return Optional.of(list);
        }
        if (held == null || (list.isEmpty() && !held.isEmpty())) {
            heldSinceNanos = nowNanos;
        }
        held = list;
        return Optional.empty();
    }

    /** Returns the held list if it has been held long enough. */
    Optional<List<Endpoint>> release(long nowNanos) {
        List<Endpoint> list = held;
        if (list == null || !isOver(nowNanos)) {
            return Optional.empty();
        }
        held = null;
        return Optional.of(list);
    }

    /** Takes a failure of the source, and returns whether it is the first since the last list. */
    boolean onFailure(String reason, long nowNanos) {
        boolean first = failure == null;
        if (first) {
            failingSinceNanos = nowNanos;
        }
        failure = reason;
        return first;
    }

    boolean isKnown() {
        return known;
    }

    boolean isHolding() {
        return held != null;
    }

    boolean isFailing() {
        return failure != null;
    }

    /** Returns the state of the list in words. */
    String describe(int size, long nowNanos) {
        if (failure != null) {
            String since = Text.seconds(nowNanos - failingSinceNanos);
            return known
                    ? size + " endpoints, STALE for " + since + " (" + failure + ")"
                    : "no list yet, the source has failed for " + since + " (" + failure + ")";
        }
        if (!known) {
            return "no list yet, the source has not answered";
        }
        return size + " endpoints" + (held == null ? "" : ", holding back a list of " + held.size());
    }

    private boolean isOver(long nowNanos) {
        return nowNanos - heldSinceNanos >= holdNanos;
    }
}
