package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import dev.evenkeel.lb.text.OneLine;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the list of one service honest: which lists are believed, which are in doubt for a while, and how old the last good one is.
 * Used under the cluster's lock.
 *
 * <p>Discovery errs more often than fleets vanish. So a list that is suddenly empty, or has fewer than half of the endpoints that it had within
 * the hold, is believed when enough time has confirmed it ({@link ListDoubt}), or never, if the list is soon as long again as it was. Until
 * then nothing is removed; what such a list adds or describes anew is taken.
 */
final class ListGuard {
    private final boolean believesAll;
    private final long holdNanos;
    private final RecentSizes believed;

    private boolean known; // whether there was ever a list
    private @Nullable String failure; // why the source fails now
    private long failingSinceNanos; // means nothing without a failure
    private @Nullable ListDoubt doubt;

    ListGuard(boolean believesAll, long holdNanos) {
        this.believesAll = believesAll;
        this.holdNanos = holdNanos;
        this.believed = new RecentSizes(holdNanos);
    }

    /** Takes a list from the source, and returns whether it is believed. */
    boolean onList(List<Endpoint> list, long nowNanos) {
        if (doubt != null && failure != null) {
            doubt = doubt.without(nowNanos - failingSinceNanos); // who fails confirms nothing
        }
        failure = null;
        if (believesAll) {
            known = true;
            return true;
        }
        int size = size(list);
        if (doubt == null ? isPlausible(size, nowNanos) : size >= believed.current()) {
            known = true;
            doubt = null;
            believed.add(size, nowNanos);
            return true;
        }
        doubt = doubt == null ? ListDoubt.of(list, size, nowNanos) : doubt.then(list, size, nowNanos);
        return release(nowNanos) != null;
    }

    private boolean isPlausible(int size, long nowNanos) {
        return !known || size * 2L >= believed.largest(nowNanos);
    }

    /** Believes the list in doubt if enough time has confirmed it, and returns it then; else null. */
    @Nullable
    List<Endpoint> release(long nowNanos) {
        ListDoubt confirmed = doubt;
        if (confirmed == null || failure != null || confirmed.remainingNanos(holdNanos, nowNanos) > 0) {
            return null;
        }
        doubt = null;
        believed.startOver(size(confirmed.list()), nowNanos);
        return confirmed.list();
    }

    /** Takes a failure of the source, and returns whether it is the first since the last list. */
    boolean onFailure(String reason, long nowNanos) {
        boolean first = failure == null;
        if (first) {
            failingSinceNanos = nowNanos;
        }
        failure = OneLine.of(reason);
        return first;
    }

    boolean isKnown() {
        return known;
    }

    boolean isHolding() {
        return doubt != null;
    }

    boolean isFailing() {
        return failure != null;
    }

    /** Returns how long from now the list in doubt is believed, if nothing else comes. */
    long remainingNanos(long nowNanos) {
        return doubt == null ? 0 : doubt.remainingNanos(holdNanos, nowNanos);
    }

    /** Returns how the list in doubt differs from what is believed, and until when it is in doubt, in words. */
    String describeDoubt(long nowNanos) {
        return doubt == null
                ? ""
                : "the list shrank from " + believed.largest(nowNanos) + " to " + size(doubt.list())
                        + " endpoints; none is removed until that has lasted for "
                        + Text.seconds(remainingNanos(nowNanos));
    }

    /** Returns what is known of the list now. */
    State state() {
        return new State(known, failure, failingSinceNanos, doubt, holdNanos);
    }

    /**
     * What was known of the list at a moment. Immutable, so that words for it need no lock.
     *
     * @param known whether there was ever a list
     * @param failure why the source fails; null if it does not
     * @param failingSinceNanos since when; means nothing without a failure
     * @param doubt the list that is not believed yet; null if there is none
     * @param holdNanos how long lists in doubt are held back
     */
    record State(
            boolean known,
            @Nullable String failure,
            long failingSinceNanos,
            @Nullable ListDoubt doubt,
            long holdNanos) {
        /** Returns whether the source has delivered nothing, not even a failure. */
        boolean isSilent() {
            return !known && failure == null;
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
            return size + " endpoints"
                    + (doubt == null
                            ? ""
                            : ", holding back a list of " + size(doubt.list()) + " for "
                                    + Text.seconds(doubt.remainingNanos(holdNanos, nowNanos)));
        }
    }

    /** What a list names twice is one endpoint. */
    private static int size(List<Endpoint> list) {
        Set<String> ids = new HashSet<>(list.size() * 4 / 3 + 1);
        list.forEach(endpoint -> ids.add(endpoint.id()));
        return ids.size();
    }
}
