package dev.evenkeel.lb.time;

import java.util.ArrayList;
import java.util.List;

/**
 * The delays of a task that is due at a fixed interval: a heart that beats late shows that the process stood still. One thread writes, any may
 * read.
 */
final class StallLog {
    /** Threads that sleep wake up a little late on any machine. Guessed: a busy one with two processors was late by 1 to 5 ms. */
    private static final long TOLERANCE_NANOS = 10_000_000;

    /** Where every beat is late, that is at least the last 15 s. */
    private static final int MOST = 256;

    private final long intervalNanos;
    private volatile Beats beats; // written by the thread that beats

    /** A beat that was late by so much. */
    private record Late(long atNanos, long byNanos) {}

    /** The latest beat, and those that were late, that one included. */
    private record Beats(long lastNanos, List<Late> late) {}

    StallLog(long intervalNanos, long nowNanos) {
        this.intervalNanos = intervalNanos;
        this.beats = new Beats(nowNanos, List.of());
    }

    /** Begins anew after a time in which no beats were due. */
    void start(long nowNanos) {
        beats = new Beats(nowNanos, beats.late);
    }

    /** Notes a beat, which is due an interval after the last one. */
    void beat(long nowNanos) {
        Beats before = beats;
        List<Late> late = before.late;
        long by = lateness(before, nowNanos);
        if (by > 0) {
            List<Late> more = new ArrayList<>(late.subList(late.size() < MOST ? 0 : 1, late.size()));
            more.add(new Late(nowNanos, by));
            late = List.copyOf(more);
        }
        beats = new Beats(nowNanos, late);
    }

    /** Returns for how much of the time between two moments a beat was overdue; the second one is now. */
    long stalledNanos(long sinceNanos, long nowNanos) {
        Beats known = beats;
        long stalled = Math.min(lateness(known, nowNanos), nowNanos - sinceNanos);
        List<Late> late = known.late;
        for (int i = late.size() - 1; i >= 0 && late.get(i).atNanos - sinceNanos > 0; i--) {
            stalled += Math.min(late.get(i).byNanos, late.get(i).atNanos - sinceNanos);
        }
        return stalled;
    }

    private long lateness(Beats known, long nowNanos) {
        long by = nowNanos - known.lastNanos - intervalNanos;
        return by > TOLERANCE_NANOS ? by : 0;
    }
}
