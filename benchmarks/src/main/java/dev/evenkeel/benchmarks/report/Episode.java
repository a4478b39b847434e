package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Fault;
import dev.evenkeel.lb.sim.Simulation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A fault and when it is there.
 *
 * @param end null where it stays
 * @param endsByItself whether nobody needs to end it
 */
record Episode(Duration start, @Nullable Duration end, Fault fault, boolean endsByItself) {
    Simulation addTo(Simulation simulation) {
        return end == null || endsByItself ? simulation.at(start, fault) : simulation.between(start, end, fault);
    }

    /** Returns the part of a run of this length in which it is there. */
    Span within(Duration length) {
        return new Span(start, end == null || end.compareTo(length) > 0 ? length : end);
    }

    @Override
    public String toString() {
        String from = Numbers.seconds(start);
        return (end == null ? "from " + from : from + " to " + Numbers.seconds(end)) + " s: " + fault;
    }
}
