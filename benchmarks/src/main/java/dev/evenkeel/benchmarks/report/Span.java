package dev.evenkeel.benchmarks.report;

import dev.evenkeel.lb.sim.Period;
import dev.evenkeel.lb.sim.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A part of a run. */
record Span(Duration from, Duration to) {
    static final Span NOTHING = new Span(Duration.ZERO, Duration.ZERO);

    private static final int MOST_PARTS = 60;

    /** Lengths of parts, in seconds, that read well. */
    private static final int[] STEPS = {1, 2, 5, 10, 20, 30, 60, 120, 300, 600};

    /** Returns the same times with overlapping spans joined. */
    static List<Span> union(List<Span> spans) {
        List<Span> sorted =
                spans.stream().sorted(Comparator.comparing(Span::from)).toList();
        List<Span> union = new ArrayList<>();
        for (Span span : sorted) {
            Span last = union.isEmpty() ? null : union.get(union.size() - 1);
            if (last == null || span.from.compareTo(last.to) > 0) {
                union.add(span);
            } else if (span.to.compareTo(last.to) > 0) {
                union.set(union.size() - 1, new Span(last.from, span.to));
            }
        }
        return union;
    }

    /** Cuts a run into at most 60 parts of the same length, of whole seconds; the last may be shorter. */
    static List<Span> cut(Duration length) {
        int seconds = STEPS[0];
        for (int i = 1; length.toSeconds() > (long) seconds * MOST_PARTS; i++) {
            seconds = STEPS[i];
        }
        Duration step = Duration.ofSeconds(seconds);
        List<Span> parts = new ArrayList<>();
        for (Duration from = Duration.ZERO; from.compareTo(length) < 0; from = from.plus(step)) {
            Duration to = from.plus(step);
            parts.add(new Span(from, to.compareTo(length) < 0 ? to : length));
        }
        return parts;
    }

    Period of(Result result) {
        return result.between(from, to);
    }

    /** Returns the middle, in seconds. */
    double middle() {
        return (from.toNanos() + to.toNanos()) / 2e9;
    }
}
