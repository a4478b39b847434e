package dev.evenkeel.lb.sim;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A fault and its time.
 *
 * @param end when it ends; null if it ends by itself, or not at all
 */
record Disruption(Fault fault, Duration start, @Nullable Duration end) {
    Disruption {
        Check.notNegative("start of " + fault, start);
        if (end != null && end.compareTo(start) <= 0) {
            throw new IllegalArgumentException(
                    "end of " + fault + " is " + Check.text(end) + ", must be after its start, " + Check.text(start));
        }
        if (end != null && fault.endsByItself()) {
            throw new IllegalArgumentException(
                    "end of " + fault + " is " + Check.text(end) + ", but it ends by itself: give only its start");
        }
    }

    /** Refuses what does not fit a run: a server that is not there, a time that never comes. */
    void check(Scenario.Fleet fleet, Duration duration) {
        fault.target().resolve(fleet);
        requireBefore("start", start, duration);
        if (end != null) {
            requireBefore("end", end, duration);
        }
    }

    private void requireBefore(String what, Duration moment, Duration duration) {
        if (moment.compareTo(duration) > 0) {
            throw new IllegalArgumentException(what + " of " + fault + " is " + Check.text(moment)
                    + ", must not be after the end of the run, " + Check.text(duration));
        }
    }
}
