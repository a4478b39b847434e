package dev.evenkeel.lb;

import dev.evenkeel.lb.endpoint.Endpoint;
import java.util.List;

/**
 * Lists that are suspiciously short, since when the source has reported no others, and when the latest is believed. Immutable.
 *
 * <p>Time confirms a list, and not the number of reports, of which one source makes ten a second and another none. A list is confirmed when
 * for a third of the hold the source has said nothing that differs much: none that is longer, because a registry that restarts fills up
 * again, and none that lost more than half once more. A source that goes on changing its mind is believed when the hold is over. Only an
 * empty list has to be all that it said for the whole of the hold.
 *
 * @param list the latest list
 * @param size how many endpoints the list had that is being confirmed
 * @param sinceNanos when that list came
 * @param some whether any list was not empty
 * @param firstNanos when the first of those came; means nothing where none did
 */
record ListDoubt(List<Endpoint> list, int size, long sinceNanos, boolean some, long firstNanos) {
    /**
     * A list that is short but not empty is confirmed in this part of the hold. With the default that is 10 s: more than two heartbeats of
     * registries whose instances report every 5 s (Nacos), and two look-ups of a poller with the usual pace of 5 s. An empty list takes
     * the whole service away, a short one leaves some of it, and if it is right each call to a dead endpoint costs a retry. Guessed.
     */
    static final int PARTS = 3;

    /** Begins to doubt. */
    static ListDoubt of(List<Endpoint> list, int size, long nowNanos) {
        return new ListDoubt(list, size, nowNanos, size > 0, nowNanos);
    }

    /** Returns the doubt after another short list. */
    ListDoubt then(List<Endpoint> next, int nextSize, long nowNanos) {
        boolean differs = nextSize > size || nextSize * 2 < size;
        return new ListDoubt(
                next,
                differs ? nextSize : size,
                differs ? nowNanos : sinceNanos,
                some || nextSize > 0,
                some ? firstNanos : nowNanos);
    }

    /** Returns the doubt without a time in which the source could not say anything. */
    ListDoubt without(long nanos) {
        return new ListDoubt(list, size, sinceNanos + nanos, some, firstNanos + nanos);
    }

    /** Returns how long from now the latest list is believed, if nothing else comes; 0 or less if it is. */
    long remainingNanos(long holdNanos, long nowNanos) {
        if (list.isEmpty()) {
            return sinceNanos + holdNanos - nowNanos;
        }
        return Math.min(sinceNanos + holdNanos / PARTS - nowNanos, firstNanos + holdNanos - nowNanos);
    }
}
