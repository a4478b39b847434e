package dev.evenkeel.lb;

import java.util.Arrays;

/**
 * How the attempts of the last ten seconds at one endpoint ended. It is the difference of running totals, so counting costs requests
 * nothing, and whoever reads the window takes nothing away from other readers. Used under the cluster's lock.
 */
final class OutcomeWindow {
    /** Seconds in the window; it rolls once a second. */
    private static final int SLOTS = 10;

    // Running totals at the end of each of the last seconds, modulo 2³²: what happens in ten seconds is less.
    private final int[] successes = new int[SLOTS];
    private final int[] failures = new int[SLOTS];
    private final int[] pushbacks = new int[SLOTS];
    private final int[] starts = new int[SLOTS];
    private int slot; // the latest

    /** Notes the totals at the end of a second. */
    void roll(long totalSuccesses, long totalFailures, long totalPushbacks, long totalStarts) {
        slot = (slot + 1) % SLOTS;
        successes[slot] = (int) totalSuccesses;
        failures[slot] = (int) totalFailures;
        pushbacks[slot] = (int) totalPushbacks;
        starts[slot] = (int) totalStarts;
    }

    /** Forgets what ended before now. */
    void clear(long totalSuccesses, long totalFailures, long totalPushbacks) {
        Arrays.fill(successes, (int) totalSuccesses);
        Arrays.fill(failures, (int) totalFailures);
        Arrays.fill(pushbacks, (int) totalPushbacks);
    }

    long successes(long totalSuccesses) {
        return Math.max(0, since(successes, totalSuccesses)); // streams that fail before they end are counted late
    }

    long failures(long totalFailures) {
        return since(failures, totalFailures);
    }

    long pushbacks(long totalPushbacks) {
        return since(pushbacks, totalPushbacks);
    }

    long starts(long totalStarts) {
        return since(starts, totalStarts);
    }

    /** Returns how many ended well in this second and the one before. */
    long latestSuccesses(long totalSuccesses) {
        return Math.max(0, (int) totalSuccesses - successes[secondBefore()]);
    }

    /** Returns how many failed or were turned away in this second and the one before. */
    long latestFailures(long totalFailures, long totalPushbacks) {
        int before = secondBefore();
        int failed = (int) totalFailures - failures[before];
        int turnedAway = (int) totalPushbacks - pushbacks[before];
        return (long) failed + turnedAway;
    }

    /** Returns in how many of the window's seconds an attempt failed. */
    int secondsWithFailures(long totalFailures) {
        int seconds = 0;
        int later = (int) totalFailures;
        for (int i = 0; i < SLOTS; i++) {
            int total = failures[(slot + SLOTS - i) % SLOTS];
            seconds += later == total ? 0 : 1;
            later = total;
        }
        return seconds;
    }

    private int secondBefore() {
        return (slot + SLOTS - 1) % SLOTS;
    }

    private int since(int[] totals, long total) {
        return (int) total - totals[oldest()];
    }

    /** Returns whether these totals are those of all its seconds: then nothing has happened in it, and rolling it changes nothing. */
    boolean isLevel(long totalSuccesses, long totalFailures, long totalStarts) {
        for (int i = 0; i < SLOTS; i++) {
            if (successes[i] != (int) totalSuccesses
                    || failures[i] != (int) totalFailures
                    || starts[i] != (int) totalStarts) {
                return false;
            }
        }
        return true;
    }

    private int oldest() {
        return (slot + 1) % SLOTS;
    }
}
