package dev.evenkeel.lb;

import java.util.Arrays;

/**
 * How the attempts of the last ten seconds at one endpoint ended. It is the difference of running totals, so counting costs requests
 * nothing, and whoever reads the window takes nothing away from other readers. Used under the cluster's lock.
 */
final class OutcomeWindow {
    /** Seconds in the window; it rolls once a second. */
    private static final int SLOTS = 10;

    private final long[] successes = new long[SLOTS]; // running totals at the end of each of the last seconds
    private final long[] failures = new long[SLOTS];
    private int slot; // the latest

    /** Notes the totals at the end of a second. */
    void roll(long totalSuccesses, long totalFailures) {
        slot = (slot + 1) % SLOTS;
        successes[slot] = totalSuccesses;
        failures[slot] = totalFailures;
    }

    /** Forgets what was before now. */
    void clear(long totalSuccesses, long totalFailures) {
        Arrays.fill(successes, totalSuccesses);
        Arrays.fill(failures, totalFailures);
    }

    long successes(long totalSuccesses) {
        return Math.max(0, totalSuccesses - successes[oldest()]); // streams that fail before they end are counted late
    }

    long failures(long totalFailures) {
        return totalFailures - failures[oldest()];
    }

    /** Returns whether these totals are those of all its seconds: then nothing has happened in it, and rolling it changes nothing. */
    boolean isLevel(long totalSuccesses, long totalFailures) {
        for (int i = 0; i < SLOTS; i++) {
            if (successes[i] != totalSuccesses || failures[i] != totalFailures) {
                return false;
            }
        }
        return true;
    }

    private int oldest() {
        return (slot + 1) % SLOTS;
    }
}
