package dev.evenkeel.lb;

import org.jspecify.annotations.Nullable;

/** What checks told of one endpoint. Used under the cluster's lock. */
final class CheckHistory {
    private int passesInARow;
    private int failuresInARow;
    private int unknownsInARow;
    private String lastFailure = "";
    private boolean running;
    private @Nullable CheckRun latest;

    /** Notes that a check is in flight. */
    void begin(CheckRun run) {
        running = true;
        latest = run;
    }

    /** Notes that no check is in flight any more. */
    void end() {
        running = false;
    }

    boolean isRunning() {
        return running;
    }

    /** Returns whether the latest check took too long, and still has not given back its thread. */
    boolean isStuck() {
        return latest != null && latest.isStuck();
    }

    /** Enters a pass and returns how many there have been in a row. */
    int passed() {
        failuresInARow = 0;
        unknownsInARow = 0;
        return ++passesInARow;
    }

    /** Enters a failure and returns how many there have been in a row. */
    int failed(String reason) {
        passesInARow = 0;
        unknownsInARow = 0;
        lastFailure = reason;
        return ++failuresInARow;
    }

    /** Enters a check that found out nothing, and returns how many there have been in a row. It ends no row of passes or failures. */
    int unknown() {
        return ++unknownsInARow;
    }

    /** Forgets what was found out, but not that a check is running. */
    void forget() {
        passesInARow = 0;
        failuresInARow = 0;
        unknownsInARow = 0;
    }

    /** Says why the endpoint is out. */
    String describe() {
        if (passesInARow > 0) {
            return lastFailure + ", passed " + passesInARow + " since";
        }
        return lastFailure + (failuresInARow > 1 ? ", " + failuresInARow + " times in a row" : "");
    }
}
